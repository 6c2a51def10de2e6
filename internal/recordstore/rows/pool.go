package rows

import (
	"fmt"
	"sync"
)

// Pool shares the scratch memory of reads between requests. The zero value is ready to use, and safe for concurrent use.
type Pool struct{ pool sync.Pool }

// maxPooled is the size in bytes above which scratch memory is left to the garbage collector: one large answer must not be held forever.
const maxPooled = 1 << 20

// NewSet returns an empty set for one request, whose rows count against the quota. A nil quota is without limit.
func (p *Pool) NewSet(quota *Quota) *Set { return &Set{pool: p, quota: quota} }

func (p *Pool) get() *scratch {
	if p != nil {
		if s, ok := p.pool.Get().(*scratch); ok {
			return s
		}
	}
	return &scratch{}
}

func (p *Pool) put(s *scratch) {
	if p != nil && cap(s.text) <= maxPooled && cap(s.ends) <= maxPooled/4 {
		p.pool.Put(s)
	}
}

// Quota is how many bytes of rows may still be read. Requests that share one must not run at the same time.
type Quota struct{ limit, left int }

// NewQuota returns a quota of that many bytes.
func NewQuota(bytes int) *Quota { return &Quota{bytes, bytes} }

// QuotaError is the error of a read that exceeds its quota.
type QuotaError struct {
	Limit int // in bytes
}

func (e *QuotaError) Error() string { return fmt.Sprintf("the rows take more than %d bytes", e.Limit) }

func (q *Quota) take(bytes int) error {
	if q == nil {
		return nil
	}
	if q.left -= bytes; q.left < 0 {
		return &QuotaError{q.limit}
	}
	return nil
}
