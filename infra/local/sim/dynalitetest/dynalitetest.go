// Package dynalitetest runs tests on a local DynamoDB, without the other local services. All tests
// of a process share one DynamoDB, so each test must make its own tables.
package dynalitetest

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"masterhand/infra/local/sim/servicestest"
	"masterhand/infra/local/sim/system"
)

// program runs the script of the local services, which prints the address of its DynamoDB. It ends
// when its standard input ends, that is, when this process ends.
const program = `
process.stdin.resume().on("end", () => process.exit());
import("./infra/local/sim/services/dynamodb.mjs");
`

// counterpart is the process of a local DynamoDB. The process ends when its standard input is
// closed. The field stdin prevents that: without a reference to the pipe, the garbage collector
// would close it.
type counterpart struct {
	address string
	stdin   io.Closer
}

var start = sync.OnceValues(func() (*counterpart, error) {
	root, err := system.Root()
	if err != nil {
		return nil, err
	}
	node := exec.Command("node", "-e", program)
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
	address, err := bufio.NewReader(stdout).ReadString('\n')
	return &counterpart{address: strings.TrimSpace(address), stdin: stdin}, err
})

// Client returns a client of the DynamoDB that all tests of this process share. If the npm packages
// are missing, Client skips the test; in CI it fails the test.
func Client(t testing.TB) *dynamodb.Client {
	t.Helper()
	servicestest.Root(t)
	on, err := start()
	if err != nil {
		t.Fatalf("starting dynalite, which npm ci installs: %v", err)
	}
	return dynamodb.New(dynamodb.Options{
		Region:       "eu-central-1",
		BaseEndpoint: &on.address,
		Credentials:  credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
}
