package dynamostore_test

import (
	"bufio"
	"crypto/rand"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"masterhand/shared/ledger/dynamostore"
)

// serveDynalite prints the port it got, and ends when its standard input does: with
// this process, however that ends.
const serveDynalite = `
const server = require("dynalite")({ createTableMs: 0 });
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.resume().on("end", () => process.exit());
`

// counterpart is a DynamoDB on this machine. It lives as long as stdin is open, which
// the garbage collector closes when nobody holds it.
type counterpart struct {
	address string
	stdin   io.Closer
}

var startDynalite = sync.OnceValues(func() (*counterpart, error) {
	node := exec.Command("node", "-e", serveDynalite)
	node.Dir, node.Stderr = root, os.Stderr
	stdin, err := node.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := node.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := node.Start(); err != nil {
		return nil, err
	}
	port, err := bufio.NewReader(stdout).ReadString('\n')
	return &counterpart{address: "http://127.0.0.1:" + strings.TrimSpace(port), stdin: stdin}, err
})

// root is where npm puts its packages.
const root = "../../.."

// dynalite returns a client of the tests' DynamoDB. Where it is not installed the test
// is skipped, except in CI.
func dynalite(t *testing.T) *dynamodb.Client {
	t.Helper()
	if _, err := os.Stat(filepath.Join(root, "node_modules", "dynalite")); err != nil && os.Getenv("CI") == "" {
		t.Skip("dynalite is not installed; run npm ci")
	}
	on, err := startDynalite()
	if err != nil {
		t.Fatalf("starting dynalite, which npm ci installs: %v", err)
	}
	return dynamodb.New(dynamodb.Options{
		Region:       "eu-central-1",
		BaseEndpoint: &on.address,
		Credentials:  credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
}

// newStore returns a store on a new table.
func newStore(t *testing.T) dynamostore.Store {
	t.Helper()
	store := dynamostore.Store{Client: dynalite(t), Table: "ledger-" + rand.Text()}
	if err := dynamostore.CreateTable(t.Context(), store.Client, store.Table); err != nil {
		t.Fatal(err)
	}
	return store
}
