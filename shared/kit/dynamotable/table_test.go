package dynamotable_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"masterhand/shared/kit/dynamotable"
)

// The conformance suites of the ledger and of the timelines test whole stores against a DynamoDB
// service. The tests below check single calls.

// open returns a table of a fake service. The function answer returns the service's answer to
// each call; it gets the call's operation and input.
func open(t *testing.T, answer func(operation string, in map[string]any) (status int, body string)) dynamotable.Table {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		var in map[string]any
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in["TableName"] != "ledger" {
			t.Errorf("input %v, %v", in, err)
		}
		status, body := answer(operation, in)
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return dynamotable.Table{Name: "ledger", Client: dynamodb.New(dynamodb.Options{
		Region: "eu-central-1", BaseEndpoint: &server.URL, Credentials: aws.AnonymousCredentials{}, RetryMaxAttempts: 1,
		DisableValidateResponseChecksum: true,
	})}
}

func TestAWriteDependsOnTheVersionBefore(t *testing.T) {
	t.Parallel()
	for version, want := range map[int64]string{1: "attribute_not_exists(#k)", 7: "#v = :v"} {
		status, body := http.StatusOK, "{}"
		table := open(t, func(_ string, in map[string]any) (int, string) {
			if in["ConditionExpression"] != want {
				t.Errorf("version %d: condition %v", version, in["ConditionExpression"])
			}
			if values := fmt.Sprint(in["ExpressionAttributeValues"]); version > 1 && values != "map[:v:map[N:6]]" {
				t.Errorf("version %d: values %s", version, values)
			}
			return status, body
		})
		item := dynamotable.Attributes{dynamotable.KeyID: dynamotable.Text("a")}
		if err := table.PutVersion(t.Context(), item, version); err != nil {
			t.Error(err)
		}
		status, body = http.StatusBadRequest, `{"__type":"ConditionalCheckFailedException"}`
		if err := table.PutVersion(t.Context(), item, version); !errors.Is(err, dynamotable.ErrStale) {
			t.Errorf("changed meanwhile: %v", err)
		}
		body = `{"__type":"ResourceNotFoundException"}`
		if err := table.PutVersion(t.Context(), item, version); err == nil || errors.Is(err, dynamotable.ErrStale) {
			t.Errorf("no table: %v", err)
		}
	}
}

func TestGetReadsConsistentlyAndPutWithoutCondition(t *testing.T) {
	t.Parallel()
	body := `{"Item":{"pk":{"S":"a"}}}`
	table := open(t, func(operation string, in map[string]any) (int, string) {
		if in["ConditionExpression"] != nil || operation == "GetItem" && in["ConsistentRead"] != true {
			t.Errorf("%s %v", operation, in)
		}
		return http.StatusOK, body
	})
	if item, err := table.Get(t.Context(), "a"); err != nil || len(item) != 1 {
		t.Errorf("%v, %v", item, err)
	}
	body = `{}`
	if item, err := table.Get(t.Context(), "a"); err != nil || item != nil {
		t.Errorf("absent: %v, %v", item, err)
	}
	if err := table.Put(t.Context(), dynamotable.Attributes{dynamotable.KeyID: dynamotable.Text("a")}); err != nil {
		t.Error(err)
	}
}

func TestAQueryReadsPagesUntilItHasEnough(t *testing.T) {
	t.Parallel()
	const page = `{"Items":[{"pk":{"S":"a"}},{"pk":{"S":"b"}}],"LastEvaluatedKey":{"pk":{"S":"b"}}}`
	const last = `{"Items":[{"pk":{"S":"c"}}]}`
	for name, test := range map[string]struct {
		pages       []string
		limit, take int
		found       int
		fails       bool
	}{
		"to the end":   {[]string{page, page, last}, 2000, 10, 5, false},
		"to the limit": {[]string{page, page}, 4, 10, 4, false},
		"left early":   {[]string{page}, 10, 1, 1, false},
		"broken":       {[]string{page, `no JSON`}, 10, 10, 2, true},
	} {
		call, found, failed := 0, 0, false
		table := open(t, func(_ string, in map[string]any) (int, string) {
			if in["Limit"].(float64) > 1000 || (in["ExclusiveStartKey"] != nil) != (call > 0) {
				t.Errorf("%s: %v", name, in)
			}
			call++
			return http.StatusOK, test.pages[call-1]
		})
		for _, err := range table.Query(t.Context(), &dynamodb.QueryInput{}, test.limit) {
			if failed = err != nil; !failed {
				found++
			}
			if found == test.take {
				break
			}
		}
		if found != test.found || failed != test.fails || call != len(test.pages) {
			t.Errorf("%s: %d items in %d calls, failed %v", name, found, call, failed)
		}
	}
}
