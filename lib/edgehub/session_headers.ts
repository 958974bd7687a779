/**
 * The headers that tell CloudHub who asks for a session: without `ConnectionUse`
 * it never reads, and it takes the node's name from here alone (wire document,
 * 2.1).
 */
export function sessionHeaders(
  { nodeId, projectId }: {
    readonly nodeId: string;
    readonly projectId: string;
  },
): Record<string, string> {
  return { node_id: nodeId, project_id: projectId, ConnectionUse: "msg" };
}
