package waitpoint_test

import (
	"net/http"
	"testing"
	"testing/synctest"

	"masterhand/shared/request/transfer/pipenet"
	"masterhand/shared/request/waitpoint"
)

// Complete keeps no connection for later sends. A connection that was kept while a Lambda was
// frozen is dead, and a send on it would have an unclear result.
func TestASendKeepsNoConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sends := 0
		client := pipenet.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if sends++; !r.Close {
				t.Error("the connection is kept")
			}
		}))
		for range 2 {
			if _, err := waitpoint.Complete(t.Context(), client, mustParse(t, pipenet.URL+secretPath), []byte(body)); err != nil {
				t.Error(err)
			}
		}
		if sends != 2 {
			t.Errorf("%d sends", sends)
		}
	})
}
