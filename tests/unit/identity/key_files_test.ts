import { assert, assertEquals, assertThrows } from "@std/assert";
import { SystemClock } from "../../../lib/base/mod.ts";
import { CertificateAuthority, type KeyPairPem } from "../../../lib/dev/mod.ts";
import { readCredentials } from "../../../lib/identity/credentials.ts";
import { IdentityError } from "../../../lib/identity/errors.ts";
import { SystemKeyFileSystem } from "../../../lib/identity/key_file_system.ts";
import {
  recoverCredentials,
  writeCredentials,
} from "../../../lib/identity/key_files.ts";
import { Killed, KillingSystem } from "../../support/killing_system.ts";

const clock = new SystemClock();
const ca = await CertificateAuthority.create(clock);
const otherCa = await CertificateAuthority.create(clock);
const former = await ca.client("edge-1");
const later = await otherCa.client("edge-1");

function filesIn(folder: string, apart = false) {
  return {
    caFile: `${folder}/certs/rootCA.crt`,
    certFile: `${folder}/certs/server.crt`,
    keyFile: `${folder}/${apart ? "keys" : "certs"}/server.key`,
  };
}

const credentialsOf = (authority: CertificateAuthority, pair: KeyPairPem) => ({
  caPem: authority.cert,
  certPem: pair.cert,
  keyPem: pair.key,
});

async function inFolder(run: (folder: string) => void) {
  const folder = await Deno.makeTempDir();
  try {
    run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Names below a folder, for what was left over. */
function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? namesIn(`${folder}/${name}`) : [name]
  ).sort();
}

const NAMES = ["rootCA.crt", "server.crt", "server.key"];

Deno.test("writeCredentials, writes the three files and nothing else", async () => {
  await inFolder((folder) => {
    const files = filesIn(folder);
    writeCredentials(files, credentialsOf(ca, former));
    const read = readCredentials(files);
    assertEquals(read.certPem, former.cert);
    assertEquals(read.caPem, ca.cert);
    assertEquals(namesIn(folder), NAMES);
    for (const file of Object.values(files)) {
      assertEquals((Deno.statSync(file).mode ?? 0) & 0o777, 0o600);
    }
    writeCredentials(files, { certPem: later.cert, keyPem: later.key });
    assertEquals(readCredentials(files).certPem, later.cert);
    assertEquals(readCredentials(files).caPem, ca.cert);
    assertEquals(recoverCredentials(files), "nothing");
  });
});

Deno.test("writeCredentials, refuses halves of two pairs and touches nothing", async () => {
  await inFolder((folder) => {
    const files = filesIn(folder);
    const mixed = { certPem: former.cert, keyPem: later.key };
    assertThrows(() => writeCredentials(files, mixed), IdentityError, "belong");
    assertEquals(namesIn(folder), []);
  });
});

for (const apart of [false, true]) {
  const where = apart ? "in two folders" : "in one folder";
  Deno.test(`interrupted_upgrade_still_runs, ${where} a pair loads after every kill`, async () => {
    for (let steps = 0, ended = false; !ended; steps++) {
      for (const tornAt of [Infinity, steps]) {
        await inFolder((folder) => {
          const files = filesIn(folder, apart);
          writeCredentials(files, credentialsOf(ca, former));
          const system = new KillingSystem(
            tornAt === Infinity ? steps : Infinity,
            tornAt,
          );
          let killed = true;
          try {
            writeCredentials(files, credentialsOf(otherCa, later), system);
            killed = false;
          } catch (error) {
            assert(error instanceof IdentityError, String(error));
            assert(error.cause instanceof Killed, String(error.cause));
          }
          const committed = system.done.filter((name) => name === "create")
                .length === 3 && tornAt === Infinity;
          recoverCredentials(files);
          const read = readCredentials(files);
          const expected = committed ? later : former;
          assertEquals(read.certPem, expected.cert, system.done.join());
          assertEquals(read.caPem, (committed ? otherCa : ca).cert);
          assertEquals(namesIn(folder), NAMES, system.done.join());
          assertEquals(recoverCredentials(files), "nothing");
          if (!killed && tornAt === Infinity) ended = true;
        });
      }
    }
  });
}

Deno.test("recoverCredentials, a first join that was killed leaves all or nothing", async () => {
  for (let steps = 0, ended = false; !ended; steps++) {
    await inFolder((folder) => {
      const files = filesIn(folder);
      const system = new KillingSystem(steps);
      try {
        writeCredentials(files, credentialsOf(ca, former), system);
        ended = true;
      } catch (error) {
        assert(error instanceof IdentityError, String(error));
      }
      const found = recoverCredentials(files);
      const names = namesIn(folder);
      if (names.length > 0) {
        assertEquals(names, NAMES);
        assertEquals(readCredentials(files).certPem, former.cert);
      } else assert(found !== "completed");
    });
  }
});

Deno.test("recoverCredentials, completes what was renamed in part", async () => {
  // Which of CA, key and certificate are in place; the CA goes first.
  for (const inPlace of ["", "C", "CK", "Cc", "CKc", "K", "c"]) {
    await inFolder((folder) => {
      const files = filesIn(folder);
      writeCredentials(files, credentialsOf(ca, former));
      const texts = [
        ["C", files.caFile, otherCa.cert],
        ["K", files.keyFile, later.key],
        ["c", files.certFile, later.cert],
      ] as const;
      for (const [name, file, text] of texts) {
        const path = inPlace.includes(name) ? file : `${file}.new`;
        Deno.writeTextFileSync(path, text);
      }
      const found = recoverCredentials(files);
      assertEquals(found, inPlace === "CKc" ? "nothing" : "completed");
      const read = readCredentials(files);
      assertEquals(read.certPem, later.cert);
      assertEquals(read.caPem, otherCa.cert);
      assertEquals(namesIn(folder), NAMES);
    });
  }
});

Deno.test("recoverCredentials, what cannot be read is told; no files, no folder, no work", async () => {
  await inFolder((folder) => {
    const files = filesIn(folder);
    assertEquals(recoverCredentials(files), "nothing");
    const none = { caFile: files.caFile, certFile: "", keyFile: "" };
    assertEquals(recoverCredentials(none), "nothing");
    Deno.mkdirSync(`${files.keyFile}.new`, { recursive: true });
    assertThrows(
      () => recoverCredentials(files),
      IdentityError,
      "Cannot write",
    );
  });
});

Deno.test("writeCredentials, a full disk leaves the former pair and nothing beside", async () => {
  await inFolder((folder) => {
    const files = filesIn(folder);
    writeCredentials(files, credentialsOf(ca, former));
    const system = new SystemKeyFileSystem();
    const create = system.create.bind(system);
    system.create = (path, text) => {
      if (path.endsWith("server.crt.new")) throw new Error("No space left");
      create(path, text);
    };
    assertThrows(
      () => writeCredentials(files, credentialsOf(otherCa, later), system),
      IdentityError,
      "Cannot write key and certificate",
    );
    assertEquals(namesIn(folder), NAMES);
    assertEquals(readCredentials(files).certPem, former.cert);
  });
});

Deno.test("a folder that somebody keeps locked holds up no look, and a change is told why", async () => {
  await inFolder((folder) => {
    const files = filesIn(folder);
    writeCredentials(files, credentialsOf(ca, former));
    using other = Deno.openSync(`${folder}/certs`);
    other.lockSync(true);
    const system = new SystemKeyFileSystem();
    let locks = 0;
    const lock = system.lock.bind(system);
    system.lock = (path) => {
      locks++;
      return lock(path);
    };
    assertEquals(recoverCredentials(files, system), "nothing");
    assertEquals(locks, 0);
    const error = assertThrows(
      () => writeCredentials(files, credentialsOf(otherCa, later), system),
      IdentityError,
      "Cannot write key and certificate",
    );
    assert(/locked that folder/.test(error.hint), error.hint);
    assertEquals(namesIn(folder), NAMES);
    assertEquals(readCredentials(files).certPem, former.cert);
  });
});
