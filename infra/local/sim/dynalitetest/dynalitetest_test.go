package dynalitetest_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"masterhand/infra/local/sim/dynalitetest"
)

// A client whose context ends disconnects in the middle of its request. The DynamoDB that all tests
// share must survive that.
func TestTheDatabaseSurvivesAClientThatDisconnects(t *testing.T) {
	t.Parallel()
	client := dynalitetest.Client(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(*client.Options().BaseEndpoint, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprint(conn, "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, make([]byte, len("HTTP/1.1 100"))); err != nil { // the answer shows that the handler has begun
		t.Fatal(err)
	}
	conn.Close()
	if _, err := client.ListTables(t.Context(), &dynamodb.ListTablesInput{}); err != nil {
		t.Error(err)
	}
}
