/** A failure that edge systems are known for, and that must not happen here. */
export interface Failure {
  /** Theme and number. */
  readonly id: string;
  /** The name that its tests bear. */
  readonly name: string;
  /** What must hold, in a line. */
  readonly holds: string;
  /** Why it does not concern what there is so far; then it needs no test. */
  readonly elsewhere?: string;
}

/** Themes by letter. */
export const THEMES: Readonly<Record<string, string>> = {
  A: "Durability and acks",
  B: "Order and duplicates",
  C: "Offline and restart",
  D: "Cloud link and certificates",
  E: "Database",
  F: "Memory, disk wear and traffic",
  G: "Local reads and watches",
  H: "Configuration and upgrade",
  I: "Security",
  J: "Operation",
  K: "Deno and the compiled binary",
};

const NO_API = "There is no local Kubernetes API yet";

/** Every failure, in the order of the page. */
export const FAILURES: readonly Failure[] = [
  {
    id: "A1",
    name: "ack_only_after_commit",
    holds: "No OK leaves before the transaction with its object is durable.",
  },
  {
    id: "A2",
    name: "insert_of_known_key_updates",
    holds: "Insert, update and answer mean the same: the newer version stays.",
  },
  {
    id: "A3",
    name: "failed_handler_never_reports_success",
    holds: "What fails inside is answered with an error, never as done.",
  },
  {
    id: "A4",
    name: "commit_survives_power_cut",
    holds: "A power cut anywhere leaves every acked object, and none by half.",
  },
  {
    id: "A5",
    name: "send_in_progress_survives_link_break",
    holds: "What was not confirmed is sent again on the next connection.",
  },
  {
    id: "A6",
    name: "burst_beyond_window_loses_nothing",
    holds: "A full inbox stops reading; no message that came is dropped.",
  },
  {
    id: "A7",
    name: "full_queue_pushes_back",
    holds: "Each queue holds its producer up, merges or spills, and says so.",
  },
  {
    id: "A8",
    name: "local_ok_means_stored_outbound",
    holds: "A report is in the outbox before its OK, until it is confirmed.",
  },
  {
    id: "A9",
    name: "unconfirmed_first_delivery_is_recovered",
    holds: "What was lost before its first ack is found after the connect.",
  },
  {
    id: "B1",
    name: "older_version_never_overwrites",
    holds: "The stored version of one object never goes down.",
  },
  {
    id: "B2",
    name: "recreated_object_replaces_old",
    holds: "A new object of an old name: delete(old), then insert(new).",
  },
  {
    id: "B3",
    name: "redelivery_changes_nothing",
    holds: "Any message may come any number of times, with an OK each time.",
  },
  {
    id: "B4",
    name: "delete_converges_by_key",
    holds: "A delete reaches agents across a crash, whatever it carries.",
  },
  {
    id: "B5",
    name: "reply_reaches_its_request",
    holds: "Each request has one outcome, matched by its parent id.",
  },
  {
    id: "B6",
    name: "change_during_resync_is_kept",
    holds: "A change that meets a full replace wins if it is newer.",
  },
  {
    id: "B7",
    name: "revision_order_has_no_gap_or_swap",
    holds: "Revisions rise in the order of commits, and are given once.",
  },
  {
    id: "C1",
    name: "cold_start_offline_serves_everything",
    holds: "With no cloud since boot, all that pods need is served.",
  },
  {
    id: "C2",
    name: "token_row_kept_until_replaced",
    holds: "A token goes only with its successor or its pod.",
  },
  {
    id: "C3",
    name: "token_lookup_uses_full_key",
    holds: "A question by name finds the row with that very key, or none.",
  },
  {
    id: "C4",
    name: "offline_read_is_local_and_fast",
    holds: "While the link is down no read waits for it.",
  },
  {
    id: "C5",
    name: "failed_read_is_never_empty",
    holds: "A list that is not known is an error, never an empty one.",
  },
  {
    id: "C6",
    name: "local_write_offline_is_replayed",
    holds: "A local write offline is kept and sent in order, or refused.",
  },
  {
    id: "C7",
    name: "backlog_is_merged_and_yields_to_live",
    holds: "One status of each object waits, and live traffic goes first.",
  },
  {
    id: "C8",
    name: "pod_status_current_after_reconnect",
    holds: "Soon after a connect the cloud has the newest status of each pod.",
  },
  {
    id: "C9",
    name: "referenced_config_refreshed_after_reconnect",
    holds: "What stored pods name is asked for after each connect.",
  },
  {
    id: "C10",
    name: "unknown_object_answers_not_found",
    holds: "Not found, not reachable and not known yet are three answers.",
  },
  {
    id: "C11",
    name: "lost_store_rebuilds",
    holds: "A node without its store gets everything again, and says so.",
  },
  {
    id: "C12",
    name: "foreign_or_ghost_state_is_dropped",
    holds: "Another node's store is refused, a pod the cloud lacks goes.",
  },
  {
    id: "C13",
    name: "pod_never_sent_is_asked_for",
    holds: "A pod that CloudCore lists and never sends comes all the same.",
  },
  {
    id: "D1",
    name: "half_open_link_detected",
    holds: "A link on which nothing comes for its deadline is given up.",
  },
  {
    id: "D2",
    name: "reconnect_backs_off_with_jitter",
    holds: "Waits grow to a cap, at random, with one dial at a time.",
  },
  {
    id: "D3",
    name: "registration_repeats_after_silent_loss",
    holds: "A cloud that forgot the node is noticed and dialled anew.",
  },
  {
    id: "D4",
    name: "quick_restart_takes_over_link",
    holds: "Restarts in a row end connected, without a hand.",
  },
  {
    id: "D5",
    name: "keepalive_and_acks_overtake_data",
    holds: "Keepalive, leases and acks never wait behind data.",
  },
  {
    id: "D6",
    name: "rotated_certificate_used_by_every_connection",
    holds: "After a rotation no connection uses the old pair.",
  },
  {
    id: "D7",
    name: "dead_credentials_recover_without_rejoin",
    holds: "A new token or authority is enough; local service goes on.",
  },
  {
    id: "D8",
    name: "wrong_clock_destroys_nothing",
    holds: "A wrong clock can stop the link only, and heals with it.",
  },
  {
    id: "E1",
    name: "one_writer_no_lock_errors",
    holds: "One writer; a lock from outside delays and never kills.",
  },
  {
    id: "E2",
    name: "corrupt_store_is_set_aside",
    holds: "A damaged file is moved aside, its true rows are saved.",
  },
  {
    id: "E3",
    name: "bad_row_is_skipped_and_named",
    holds: "A row that cannot be read is named, and stops no other.",
  },
  {
    id: "E4",
    name: "full_disk_recovers",
    holds: "A full disk acks nothing, answers reads, and heals alone.",
  },
  {
    id: "E5",
    name: "file_and_wal_stay_bounded",
    holds: "File and WAL stay near the live data; free pages go back.",
  },
  {
    id: "E6",
    name: "one_key_per_object",
    holds: "One row for each object, however a peer spells it.",
  },
  {
    id: "F1",
    name: "bytes_written_per_object_bounded",
    holds: "Few bytes are written for an acked object, none for a heartbeat.",
  },
  {
    id: "F2",
    name: "unchanged_update_writes_nothing",
    holds: "An update equal in content is acked, without a byte or an event.",
  },
  {
    id: "F3",
    name: "durable_ack_rate",
    holds:
      "Messages that wait share one COMMIT; `deno task bench` measures it.",
  },
  {
    id: "F4",
    name: "memory_flat_with_watchers",
    holds: "Agents that come and go, in whatever way, leave nothing behind.",
  },
  {
    id: "F5",
    name: "memory_flat_when_link_flaps",
    holds: "Reconnects leave no socket, timer or wait behind.",
  },
  {
    id: "F6",
    name: "slow_reader_is_cut_off",
    holds: "A slow agent has a bound of bytes; others are not slowed.",
  },
  {
    id: "F7",
    name: "idle_traffic_budget",
    holds: "An idle node sends and gets next to nothing.",
  },
  {
    id: "G1",
    name: "watch_gives_snapshot_then_changes",
    holds: "An agent that attaches gets all there is, then each change once.",
  },
  {
    id: "G2",
    name: "watch_resumes_or_says_gone",
    holds: "An agent goes on where it was, or is told that it gets all anew.",
  },
  {
    id: "G3",
    name: "list_shape_matches_api_server",
    holds: "Lists look like those of an API server.",
    elsewhere: `${NO_API}; agents get lists in the shape of KubeEdge's edged.`,
  },
  {
    id: "G4",
    name: "kind_comes_from_data_not_guess",
    holds: "A type is stored and listed as it is named, never guessed.",
  },
  {
    id: "G5",
    name: "every_path_form_resolves",
    holds: "All path forms of the Kubernetes API resolve.",
    elsewhere: `${NO_API}; a resource of the wire has one form (E6).`,
  },
  {
    id: "G6",
    name: "local_view_equals_cloud_view",
    holds: "Once all is quiet, store, agents and cloud hold the same.",
  },
  {
    id: "G7",
    name: "watchers_share_nothing_mutable",
    holds: "No agent can change what another, or the store, sees.",
  },
  {
    id: "G8",
    name: "watched_object_is_not_desired_state",
    holds: "Pods of other nodes never reach the pod agent.",
  },
  {
    id: "H1",
    name: "config_error_names_field",
    holds: "A wrong option stops the start with its place, one to a line.",
  },
  {
    id: "H2",
    name: "option_set_is_option_used",
    holds: "An option that is set has its effect, and is printed.",
  },
  {
    id: "H3",
    name: "store_migrates_in_place",
    holds: "Every released schema opens; a newer one is refused by name.",
  },
  {
    id: "H4",
    name: "interrupted_upgrade_still_runs",
    holds: "A kill between any two file operations leaves what can start.",
  },
  {
    id: "I1",
    name: "size_checked_before_allocation",
    holds: "What is over a bound is refused before its bytes are held.",
  },
  {
    id: "I2",
    name: "malformed_message_is_contained",
    holds: "Any bytes are carried out or refused, and the next are served.",
  },
  {
    id: "I3",
    name: "secrets_never_logged",
    holds: "No secret reaches a log line, a figure or the text of an error.",
  },
  {
    id: "I4",
    name: "keys_and_tokens_private_on_disk",
    holds: "Files are 0600 in a folder of 0700, and a used token is erased.",
  },
  {
    id: "I5",
    name: "local_api_authorises_offline",
    holds: "Each request to the local API is authorised, offline too.",
    elsewhere: `${NO_API}; sockets of agents and operators are kept by ` +
      "file modes, loopback by a token.",
  },
  {
    id: "I6",
    name: "pod_token_belongs_to_the_pod",
    holds: "A token goes to the pod that it is bound to, and with it.",
  },
  {
    id: "I7",
    name: "certificate_bound_to_node",
    holds: "With another node's certificate there is no dial.",
  },
  {
    id: "J1",
    name: "log_volume_bounded",
    holds: "In a steady fault the log stays under 1 MB an hour.",
  },
  {
    id: "J2",
    name: "link_and_queue_state_visible",
    holds: "Link, outbox, store and sync show what they are.",
  },
  {
    id: "J3",
    name: "stalled_loop_fails_liveness",
    holds: "A loop that stands still fails liveness by its name.",
  },
  {
    id: "J4",
    name: "resync_without_rejoin",
    holds: "What differs from the cloud is found on demand, pods run on.",
  },
  {
    id: "J5",
    name: "clean_stop_flushes",
    holds: "SIGTERM ends with code 0 in 5 s, with nothing acked missing.",
  },
  {
    id: "K1",
    name: "sqlite_is_inside_the_binary",
    holds: "The binary loads nothing but the C library, and fetches nothing.",
  },
  {
    id: "K2",
    name: "driver_contract_holds",
    holds: "The runtime's SQLite module does what the store builds upon.",
  },
  {
    id: "K3",
    name: "burst_over_socket_is_lossless",
    holds: "Messages sent without a pause arrive complete and in order.",
  },
  {
    id: "K4",
    name: "client_certificate_and_private_ca",
    holds: "The own certificate and a private authority work, wrong ones not.",
  },
  {
    id: "K5",
    name: "rejection_never_ends_process",
    holds: "No peer that aborts or resets makes the process exit.",
  },
  {
    id: "K6",
    name: "heap_limit_fixed_in_binary",
    holds: "The limit of the heap is in the binary.",
  },
  {
    id: "K7",
    name: "runs_on_read_only_root",
    holds: "Nothing is written outside of the node's own folders.",
  },
];
