package access

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the networks of proxies whose word on the address of a client is taken. None are trusted without a word.
type Proxies []netip.Prefix

// ParseProxies reads networks in CIDR notation. An address alone stands for itself.
func ParseProxies(networks []string) (Proxies, error) {
	var all Proxies
	for _, text := range networks {
		text = strings.TrimSpace(text)
		prefix, err := netip.ParsePrefix(text)
		if ip, notAddress := netip.ParseAddr(text); err != nil && notAddress == nil && ip.Zone() == "" {
			prefix, err = netip.PrefixFrom(ip, ip.BitLen()), nil
		}
		switch {
		case err != nil:
			return nil, fmt.Errorf(
				"%q is no network: write it in CIDR notation, such as 10.0.0.0/8 or fd00::/8, or one address",
				text,
			)
		case prefix.Bits() == 0:
			return nil, fmt.Errorf(
				"%q is every address: clients could then say that they are anyone; name the networks of the proxies alone",
				text,
			)
		case prefix.Addr().Is4In6():
			return nil, fmt.Errorf("%q: write a network of IPv4 as one, such as 10.0.0.0/8", text)
		}
		all = append(all, prefix.Masked())
	}
	return all, nil
}

// Client is the address of the client that sent a request, without its port: that of the connection, or where a trusted proxy
// is at its other end the one that the proxy names. A client can write any addresses into these headers before a proxy adds
// its own, so they are read from the right, and the first one that is no trusted proxy counts.
func (p Proxies) Client(r *http.Request) string {
	peer, ok := parseNode(r.RemoteAddr)
	if !ok {
		return r.RemoteAddr
	}
	if !p.trust(peer) {
		return peer.String()
	}
	// A proxy that writes one of the two headers passes the other one on as the client wrote it. Where they disagree, neither
	// is known to be the proxy's.
	forwardedFor, has := p.walk(peer, r.Header.Values("X-Forwarded-For"), nodeOnly)
	forwarded, hasStandard := p.walk(peer, r.Header.Values("Forwarded"), forOf)
	switch {
	case has && hasStandard && forwarded != forwardedFor:
		return peer.String()
	case hasStandard:
		return forwarded.String()
	}
	return forwardedFor.String()
}

func (p Proxies) trust(ip netip.Addr) bool {
	for _, network := range p {
		if network.Contains(ip) {
			return true
		}
	}
	return false
}

// walk goes from the proxy at the other end of the connection to the client. What is no address, as "unknown", ends it: the
// proxy that wrote it stands for the client.
func (p Proxies) walk(peer netip.Addr, headers []string, nodeOf func(string) string) (client netip.Addr, has bool) {
	client = peer
	for i := len(headers) - 1; i >= 0; i-- {
		for rest := headers[i]; ; {
			cut := strings.LastIndexByte(rest, ',')
			ip, ok := parseNode(nodeOf(rest[cut+1:]))
			if has = true; !ok {
				return client, has
			}
			if client = ip; !p.trust(ip) {
				return client, has
			}
			if cut < 0 {
				break
			}
			rest = rest[:cut]
		}
	}
	return client, has
}

func nodeOnly(hop string) string { return hop }

// forOf is the parameter for of one hop of Forwarded (RFC 7239, section 4): for="[2001:db8::1]:80";proto=https. A comma inside
// quotes would cut it, and leaves a quote without its other one, which is no address.
func forOf(hop string) string {
	for pair := range strings.SplitSeq(hop, ";") {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "for") {
			continue
		}
		value = strings.TrimSpace(value)
		if inner, ok := strings.CutPrefix(value, `"`); ok {
			if inner, ok = strings.CutSuffix(inner, `"`); !ok {
				return ""
			}
			return inner
		}
		return value
	}
	return ""
}

// parseNode reads an address, with a port or without, as connections and proxies write them.
func parseNode(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	} else if inner, ok := strings.CutPrefix(s, "["); ok {
		s, _ = strings.CutSuffix(inner, "]")
	}
	ip, err := netip.ParseAddr(s)
	return ip.Unmap().WithZone(""), err == nil
}

// limitedAs is what the limits call an address: of IPv6 the network of 64 bits, all of which one client may have.
func limitedAs(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || !ip.Is6() {
		return address
	}
	return netip.PrefixFrom(ip, 64).Masked().String()
}
