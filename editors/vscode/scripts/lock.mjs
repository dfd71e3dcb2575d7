// Fails if the lock file says where packages come from: that is everybody's own setting.
import { readFileSync } from "node:fs";

const lock = readFileSync(new URL("../package-lock.json", import.meta.url), "utf8");
const { packages } = JSON.parse(lock);
const told = Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined);
if (told.length > 0) {
  console.error(`package-lock.json names a registry: ${told[0][0]}. Run npm install in this folder, where .npmrc says not to.`);
  process.exit(1);
}
