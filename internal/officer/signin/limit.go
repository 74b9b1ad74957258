package signin

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// rates is how often one address may try. Secrets are too long to be guessed:
// the limits are there for the node, and so that somebody who tries is heard.
var rates = map[string]struct {
	every time.Duration
	burst int
}{
	"sign-in": {time.Second, 30},
	"link":    {5 * time.Second, 20},
	"token":   {time.Second, 20}, // only those that let nobody in
}

// maxLimiters bounds how many addresses are told apart.
const maxLimiters = 4096

type limits struct {
	now func() time.Time
	mu  sync.Mutex
	by  map[string]*rate.Limiter
}

// A LimitError says that an address tries too often.
type LimitError struct{ After time.Duration }

func (e *LimitError) Error() string {
	return fmt.Sprintf("too many tries from this address; nothing was done: wait %s", e.After)
}

// allow counts one try.
func (l *limits) allow(what string, r *http.Request) error {
	now, every := l.now(), rates[what].every
	l.mu.Lock()
	defer l.mu.Unlock()
	key := what + " " + address(r)
	if l.by[key] == nil {
		if l.by == nil || len(l.by) >= maxLimiters {
			for k, old := range l.by {
				if old.TokensAt(now) >= float64(old.Burst()) {
					delete(l.by, k) // it is as good as new
				}
			}
			if l.by == nil {
				l.by = map[string]*rate.Limiter{}
			}
			if len(l.by) >= maxLimiters {
				key = what // those that come now share one
			}
		}
		if l.by[key] == nil {
			l.by[key] = rate.NewLimiter(rate.Every(every), rates[what].burst)
		}
	}
	if !l.by[key].AllowN(now, 1) {
		return &LimitError{every}
	}
	return nil
}

// address is the sender of a request, as far as it counts as one: of an IPv6
// address the network.
func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	ip, err := netip.ParseAddr(host)
	if err == nil && ip.Is6() && !ip.Is4In6() {
		if p, err := ip.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return host
}
