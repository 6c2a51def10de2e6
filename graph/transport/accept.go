package transport

import (
	"mime"
	"strconv"
	"strings"
)

// mediaType is a media type of answers.
type mediaType string

const (
	graphqlResponse mediaType = "application/graphql-response+json"
	plainJSON       mediaType = "application/json"
)

// negotiate returns the media type of the answer, "" if none is acceptable. The draft, "Body": "the server MUST
// respect the given Accept header and attempt to encode the response in the highest priority media type listed that
// is supported by the server". Of two types with equal quality the newer one is taken: a client that lists it knows
// it. A client that sends a wildcard, or no Accept at all, may know plain JSON only.
func negotiate(accept []string) mediaType {
	header := strings.Join(accept, ",")
	if strings.TrimSpace(header) == "" {
		return plainJSON
	}
	ranges := acceptRanges(header)
	newer, named := ranges.quality(graphqlResponse)
	older, _ := ranges.quality(plainJSON)
	switch {
	case newer == 0 && older == 0:
		return ""
	case newer > older, newer == older && named:
		return graphqlResponse
	default:
		return plainJSON
	}
}

// mediaRange is one element of an Accept header.
type mediaRange struct {
	of      string
	quality float64
}

type mediaRanges []mediaRange

// acceptRanges parses an Accept header. It drops elements that cannot be parsed or that ask for a charset other than
// UTF-8.
func acceptRanges(header string) mediaRanges {
	var ranges mediaRanges
	for part := range strings.SplitSeq(header, ",") {
		of, params, err := mime.ParseMediaType(part)
		if err != nil || (params["charset"] != "" && !isUTF8(params["charset"])) {
			continue
		}
		r := mediaRange{of, 1}
		if q, ok := params["q"]; ok {
			if r.quality, err = strconv.ParseFloat(q, 64); err != nil || !(r.quality >= 0 && r.quality <= 1) {
				continue
			}
		}
		ranges = append(ranges, r)
	}
	return ranges
}

// quality returns the quality of the most specific range that covers the type (RFC 9110, 12.5.1), and whether that
// range names the type.
func (ranges mediaRanges) quality(of mediaType) (q float64, named bool) {
	for _, covering := range []string{string(of), "application/*", "*/*"} {
		for _, r := range ranges {
			if r.of == covering {
				return r.quality, covering == string(of)
			}
		}
	}
	return 0, false
}

// isJSON reports whether a Content-Type is JSON in UTF-8, the only encoding of requests.
func isJSON(contentType string) bool {
	of, params, err := mime.ParseMediaType(contentType)
	return err == nil && of == string(plainJSON) && (params["charset"] == "" || isUTF8(params["charset"]))
}

func isUTF8(charset string) bool {
	return strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "utf8")
}
