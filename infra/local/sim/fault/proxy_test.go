package fault_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"masterhand/infra/local/sim/fault"
)

func TestAProxyKeepsWhatASignatureCovers(t *testing.T) {
	t.Parallel()
	var host, target string
	service := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { host, target = r.Host, r.RequestURI }))
	t.Cleanup(service.Close)
	p := fault.NewProxy()
	if err := p.To(service.URL); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "http://bucket.example/a%2Fb?x;y=1&&z", nil)
	p.ServeHTTP(httptest.NewRecorder(), r)
	if host != "bucket.example" || target != "/a%2Fb?x;y=1&&z" {
		t.Errorf("the service got host %q and target %q", host, target)
	}
}

func TestAProxyNeedsAnAddressWithAHost(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "secret", "http://%zz/secret"} {
		if err := fault.NewProxy().To(address); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", address, err)
		}
	}
}
