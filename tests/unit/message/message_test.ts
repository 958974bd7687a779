import { assertEquals } from "@std/assert";
import {
  decode,
  encode,
  newError,
  newMessage,
  newOk,
  newResponse,
  type Stamp,
} from "../../../lib/message/mod.ts";
import { messageOf, plainMessage } from "./frames.ts";

function stamp(): Stamp {
  let count = 0;
  return { newId: () => `new-${++count}`, now: () => 1000 + count };
}

const REQUEST = messageOf(decode(JSON.stringify(plainMessage())));

Deno.test("newMessage, stamps id and time and leaves empty fields out", () => {
  const fields = {
    source: "edged",
    group: "meta",
    operation: "query",
    resource: "default/configmap/a",
  };
  assertEquals(newMessage(stamp(), fields), {
    header: { msg_id: "new-1", timestamp: 1001 },
    route: fields,
    content: null,
  });
});

Deno.test("newMessage, writes its fields in the order of the wire", () => {
  const message = newMessage(stamp(), {
    resourceVersion: "48211",
    parentId: "asked",
    content: { a: 1 },
    resource: "default/pod/a",
    operation: "update",
    group: "resource",
    source: "edgecontroller",
  });
  assertEquals(
    encode(message),
    '{"header":{"msg_id":"new-1","parent_msg_id":"asked","timestamp":1001,' +
      '"resourceversion":"48211"},"route":{"source":"edgecontroller",' +
      '"group":"resource","operation":"update","resource":"default/pod/a"},' +
      '"content":{"a":1}}',
  );
  assertEquals(messageOf(decode(encode(message))), message);
});

Deno.test("newOk, copies source, group and resource and names its parent", () => {
  assertEquals(newOk(stamp(), REQUEST), {
    header: { msg_id: "new-1", parent_msg_id: "id-1", timestamp: 1001 },
    route: {
      source: "edgecontroller",
      group: "resource",
      operation: "response",
      resource: "default/pod/web-0",
    },
    content: "OK",
  });
});

Deno.test("newResponse, carries the content and no fields that the request lacks", () => {
  const bare = {
    header: { msg_id: "q", parent_msg_id: "earlier", timestamp: 1 },
    route: { operation: "query", resource: "a/b" },
    content: null,
  };
  assertEquals(newResponse(stamp(), bare, ["x"]), {
    header: { msg_id: "new-1", parent_msg_id: "q", timestamp: 1001 },
    route: { operation: "response", resource: "a/b" },
    content: ["x"],
  });
});

Deno.test("newError, comes from metamanager under the request's group", () => {
  const error = newError(stamp(), REQUEST, "why");
  assertEquals(error.route, {
    source: "metamanager",
    group: "resource",
    operation: "error",
    resource: "default/pod/web-0",
  });
  assertEquals([error.header.parent_msg_id, error.content], ["id-1", "why"]);
});
