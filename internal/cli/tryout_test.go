package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/internal/servertest"
	"github.com/linkgraph/linkgraph/playground"
)

// settings are what the playground is told.
type settings struct {
	Admin, Storefront map[string]string
	Link              bool
}

// token is that of the link which the start printed.
func (s *server) token(t *testing.T) string {
	t.Helper()
	found := regexp.MustCompile(`Playground +http://\S+/\?token=(\S+)\n +Map +http://\S+/map\?token=(\S+)\n`).
		FindStringSubmatch(s.log.String())
	if found == nil || found[1] != found[2] || len(found[1]) != 64 {
		t.Fatalf("no links with a token:\n%s", s.log)
	}
	return found[1]
}

// settings asks as a page does that was opened with a token. Headers are pairs; Host is that of the request.
func (s *server) settings(t *testing.T, token string, headers ...string) settings {
	t.Helper()
	return settingsAt(t, s.url, token, headers...)
}

func settingsAt(t *testing.T, at, token string, headers ...string) (found settings) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at+"/playground/settings.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if token != "" {
		r.Header.Set(playground.TokenHeader, token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header[headers[i]] = []string{headers[i+1]}
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || json.Unmarshal(body, &found) != nil {
		t.Fatalf("%d %s: %v", response.StatusCode, body, err)
	}
	if told := strings.Contains(string(body), "sk_"); told != (len(found.Admin) > 0) {
		t.Fatalf("a key elsewhere: %s", body)
	}
	return found
}

// TestTryout looks at who is let in by the pages of this machine.
func TestTryout(t *testing.T) {
	t.Parallel()
	private := serve(t, "--data-dir", servertest.DataDir(t))
	token := private.token(t)
	found := private.settings(t, token)
	private.lets(t, "Authorization", found.Admin["Authorization"], `{"data":{"products":{"totalCount":3}}}`)
	private.lets(
		t,
		"x-publishable-api-key",
		found.Storefront["x-publishable-api-key"],
		`{"data":{"products":{"totalCount":2}}}`,
	)
	if strings.Contains(private.log.String(), strings.TrimPrefix(found.Admin["Authorization"], "Bearer ")) {
		t.Error("the key of the pages is in the log")
	}
	if status, _ := private.with(t, "Authorization", "Bearer "+token); status != http.StatusUnauthorized {
		t.Errorf("the token is a key itself: %d", status)
	}
	for name, headers := range map[string][]string{
		"Forwarded": {"Forwarded", "for=127.0.0.1"}, "X-Forwarded-For": {"X-Forwarded-For", "127.0.0.1"}, "X-Forwarded-Proto": {"X-Forwarded-Proto", "https"},
		"X-Forwarded-Host, empty": {"X-Forwarded-Host", ""}, "X-Forwarded-anything": {"X-Forwarded-Tls-Client-Cert", "x"}, "X-Real-IP": {"X-Real-Ip", "127.0.0.1"},
		"Via": {"Via", "1.1 proxy"}, "another page": {"Sec-Fetch-Site", "cross-site"}, "a page of another port": {"Sec-Fetch-Site", "same-site"},
		"typed into the address": {"Sec-Fetch-Site", "none"}, "a list": {"Sec-Fetch-Site", "same-origin, same-origin"}, "another token": {playground.TokenHeader, token[1:] + "0"},
		"no token": {playground.TokenHeader, ""},
	} {
		if got := private.settings(t, token, headers...); len(got.Admin)+len(got.Storefront) > 0 || !got.Link {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if status, body := private.get(t, "/?token="+token); status != http.StatusOK || strings.Contains(body, "sk_") {
		t.Errorf("the page itself: %d %s", status, body)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, private.url+"/playground/settings.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "attacker.example"
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("a request for another host: %d", response.StatusCode)
	}
	testBehindNginx(t, private, token)

	db := migrated(t)
	for _, args := range [][]string{{"--database-url", db.URL}, {"--database-url", db.URL, "--no-tryout"}} {
		s := serve(t, args...)
		if found := s.settings(t, token); len(found.Admin)+len(found.Storefront) > 0 || found.Link ||
			strings.Contains(s.log.String(), "token=") {
			t.Errorf("%v: the pages carry keys", args[2:])
		}
	}
	asked := serve(t, "--database-url", db.URL, "--tryout", "--read-only")
	if found = asked.settings(t, asked.token(t)); len(found.Admin) == 0 {
		t.Error("--tryout: the pages carry no key")
	}
	if found = asked.settings(t, token); len(found.Admin) > 0 {
		t.Error("the token of another start is good")
	}
}

// testBehindNginx puts a real nginx before a server, as it comes and with the headers that its manual has. It must be
// there in CI.
func testBehindNginx(t *testing.T, s *server, token string) {
	t.Helper()
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		nginx = "/usr/sbin/nginx"
	}
	if _, err := os.Stat(nginx); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("no nginx for tests")
		}
		t.Log("without nginx")
		return
	}
	plain := nginxBefore(t, nginx, s.url, "")
	told := nginxBefore(t, nginx, s.url, `proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr;
		proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;`)
	for name, at := range map[string]string{"plain": plain, "with headers": told} {
		for _, given := range []string{"", token[1:] + "0"} {
			if got := settingsAt(t, at, given); len(got.Admin)+len(got.Storefront) > 0 {
				t.Errorf("nginx, %s: without the token a page is told keys", name)
			}
		}
	}
	if got := settingsAt(t, told, token); len(got.Admin)+len(got.Storefront) > 0 {
		t.Error("nginx that says for whom it asks: a page is told keys")
	}
}

// nginxBefore starts nginx before a server and returns its address.
func nginxBefore(t *testing.T, nginx, upstream, headers string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	l.Close()
	dir := t.TempDir()
	config := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf(`daemon off; worker_processes 1; pid %[1]s/pid; error_log %[1]s/error.log;
		events {}
		http {
			access_log off;
			client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
			server { listen %[2]s; location / { proxy_pass %[3]s; %[4]s } }
		}`, dir, at, upstream, headers)
	if os.Geteuid() == 0 {
		text = "user root; " + text
	}
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(t.Context(), nginx, "-e", filepath.Join(dir, "error.log"), "-c", config)
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // its worker ends too
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() })
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", at); err == nil {
			c.Close()
			return "http://" + at
		}
		if time.Now().After(deadline) {
			t.Fatalf("nginx does not start: %s", &said)
		}
	}
}

// TestTryoutPeers looks at the addresses that pages may be at.
func TestTryoutPeers(t *testing.T) {
	t.Parallel()
	trust := (&tryout{secret: "sk_x", token: "token"}).trust()
	for peer, want := range map[string]bool{
		"127.0.0.1:80": true, "127.8.8.8:80": true, "[::1]:80": true, "[::ffff:127.0.0.1]:80": true,
		"192.0.2.1:80": false, "10.0.0.1:80": false, "[fe80::1%eth0]:80": false, "0.0.0.0:80": false, "@": false, "": false, "localhost:80": false,
	} {
		r := &http.Request{RemoteAddr: peer, Header: http.Header{playground.TokenHeader: {"token"}}, URL: &url.URL{}}
		if trust(r) != want {
			t.Errorf("%q: want %v", peer, want)
		}
	}
}

// TestTryoutIsForThisMachine starts servers that others can reach.
func TestTryoutIsForThisMachine(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	err := Run(
		t.Context(),
		[]string{"serve", "--addr", "0.0.0.0:0", "--tryout", "--database-url", db.URL},
		io.Discard,
		io.Discard,
	)
	if err == nil || !strings.Contains(err.Error(), "--tryout") {
		t.Errorf("--tryout on every address: %v", err)
	}
	everywhere := &net.TCPAddr{IP: net.IPv4zero, Port: 80}
	if key, err := (tryoutFlags{}).tryout(false, true, everywhere); err != nil || key.secret != "" ||
		key.trust() != nil || key.link("/") != "/" {
		t.Errorf("the private Postgres on every address: %v, %v", key, err)
	}
}
