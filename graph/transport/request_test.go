package transport

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzRequest reads bodies and queries of URLs. What is refused is refused with a status and in words that are not
// Go's; what is taken is JSON.
func FuzzRequest(f *testing.F) {
	for _, seed := range []string{
		`{"query":"{ __typename }"}`, `{"query":"{ a }","variables":{"a":[1,2.5e3,null,{"b":"c"}]},"operationName":"A","extensions":{"persistedQuery":{"version":1,"sha256Hash":"00"}}}`,
		`[{"query":"a"},{"documentId":"sha256:00"}]`, `[]`, `null`, `7`, `{"query":null}`, `{"query":"a"}{}`, `{"QUERY":"a","query":"b"}`, "\ufeff{}", `{"variables":{"a":1}`, `{"query":"\ud800"}`,
		`query={__typename}&variables={"a":1}`, `query=%ff`, `query=a&query=b`, `variables=[]`, `a;b`,
	} {
		f.Add([]byte(seed))
	}
	words := regexp.MustCompile(`json:|Go |map\[|struct|interface|strconv|\*graph`)
	check := func(t *testing.T, req *request, no *refusal) {
		if no != nil {
			if no.status < 400 || no.status >= 500 || no.code == "" || no.message == "" ||
				words.MatchString(no.message) {
				t.Errorf("refused with %+v", *no)
			}
			return
		}
		if req == nil {
			t.Fatal("neither request nor refusal")
		}
		if _, err := json.Marshal([]any{req.query, req.operationName, req.documentID, req.extensions}); err != nil {
			t.Error(err)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		req, no := parseURL(string(text), 1000)
		check(t, req, no)
		for _, most := range []int{0, 3} {
			requests, batch, no := parseBody(text, most)
			if utf8.Valid(text) &&
				(no == nil && !json.Valid(text) || no != nil && json.Valid(text) && strings.Contains(no.message, "not JSON")) {
				t.Errorf("%q: %v, and encoding/json says %v", text, no, json.Valid(text))
			}
			if no == nil && (len(requests) == 0 || len(requests) > max(most, 1) || (batch && most == 0)) {
				t.Errorf("%d requests, batch %v", len(requests), batch)
			}
			for _, req := range requests {
				check(t, req, nil)
				if _, no := persistedHash(req.extensions); no != nil {
					check(t, nil, no)
				}
			}
			if no != nil {
				check(t, nil, no)
			}
		}
	})
}
