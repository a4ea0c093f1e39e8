package system_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/system"
)

// credentials holds strings that must not appear in any log, ledger item or answer. It also holds
// all answers, in which the tests search for these strings.
type credentials struct {
	mu      sync.Mutex
	secret  []string
	answers bytes.Buffer
}

func (c *credentials) add(secret ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.secret = append(c.secret, secret...)
}

func (c *credentials) hear(answer []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers.Write(append(answer, '\n'))
}

func (c *credentials) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.secret = nil
}

// in returns the number of credentials that occur in a text.
func (c *credentials) in(text []byte) (shown int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, secret := range c.secret {
		if secret == "" || bytes.Contains(text, []byte(secret)) {
			shown++
		}
	}
	return shown
}

// leaks searches the log, all ledger items and all answers for credentials. It returns a problem
// for each of these three places that contains a credential.
func (s *env) leaks(ctx context.Context) (problems []error) {
	log, err := os.ReadFile(s.Log.Name())
	if err != nil || len(log) == 0 {
		problems = append(problems, fmt.Errorf("the log has %d bytes: %v", len(log), err))
	}
	items, err := s.scan(ctx)
	if err != nil {
		problems = append(problems, err)
	}
	s.credentials.mu.Lock()
	answers := slices.Clone(s.credentials.answers.Bytes())
	s.credentials.mu.Unlock()
	for where, text := range map[string][]byte{"log": log, "ledger": items, "answers": answers} {
		if n := s.credentials.in(text); n > 0 {
			problems = append(problems, fmt.Errorf("%d credentials are in the %s", n, where))
		}
	}
	return problems
}

// scan returns all items of the ledger's table as one text, in their stored form.
func (s *env) scan(ctx context.Context) ([]byte, error) {
	var all []byte
	pages := dynamodb.NewScanPaginator(s.Clients().DynamoDB(), &dynamodb.ScanInput{TableName: new(services.Table)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("scanning the ledger: %w", err)
		}
		for _, item := range page.Items {
			text, err := json.Marshal(item)
			if err != nil {
				return nil, err
			}
			all = append(append(all, text...), '\n')
		}
	}
	return all, nil
}

// If the log, the ledger or an answer contains a credential, the method leaks must find it.
func TestCredentialsAreFound(t *testing.T) {
	t.Parallel()
	s := alone(t, system.Config{})
	request := s.ask(t, story(newCode()), "skipped")
	if problems := s.leaks(t.Context()); len(problems) != 0 {
		t.Errorf("found %v where nothing leaked", problems)
	}
	for where, leak := range map[string]func(){
		"log": func() {
			if _, err := s.Log.WriteString(request.CallbackURL.Reveal()); err != nil {
				t.Fatal(err)
			}
		},
		"ledger": func() {
			item := map[string]types.AttributeValue{
				"pk": &types.AttributeValueMemberS{Value: "x"}, "detail": &types.AttributeValueMemberS{Value: request.UploadURL.Reveal()},
			}
			if _, err := s.Clients().DynamoDB().PutItem(t.Context(), &dynamodb.PutItemInput{TableName: new(services.Table), Item: item}); err != nil {
				t.Fatal(err)
			}
		},
		"answers": func() { s.credentials.hear([]byte(scenario.Secret)) },
	} {
		before := len(s.leaks(t.Context()))
		leak()
		if after := len(s.leaks(t.Context())); after != before+1 {
			t.Errorf("a leak in the %s: %d problems, want %d", where, after, before+1)
		}
	}
	s.credentials.forget() // this test shows credentials on purpose: the search after all tests must not report them
}
