// What the scenarios of all editors need of the machine: a port, and patience.
import net from "node:net";

/** The longest that anything is waited for, in milliseconds: a machine may be busy. */
export const PATIENCE = Number(process.env.CELLWISE_PATIENCE ?? 60_000);

export async function freePort() {
  const server = net.createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** Asks until the answer is true, and says what was waited for where it never is. */
export async function until(what, ask, patience = PATIENCE) {
  const end = Date.now() + patience;
  let last;
  for (;;) {
    try {
      last = await ask();
      if (last) {
        return last;
      }
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      const seen = last instanceof Error ? last.message : JSON.stringify(last);
      throw new Error(`waited ${patience / 1000} s for ${what}; last seen: ${seen}`);
    }
    await new Promise((done) => setTimeout(done, 50));
  }
}
