// Serves DynamoDB on 127.0.0.1 and prints its address. Argument: the folder that keeps
// the tables; without it they stay in memory.
import dynalite from "dynalite";

// dynalite throws when a client leaves in the middle of its request; a database outlives that.
process.on("uncaughtException", (error) => {
  if (error.code === "ECONNRESET") return;
  console.error(error);
  process.exit(1);
});

const server = dynalite({ path: process.argv[2], createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
