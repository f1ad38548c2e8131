package trust

import (
	"context"

	"github.com/mantlet-mcp/mantlet/internal/trust/ledger"
)

// Snapshot is the catalogue's log as it is now, for witnesses, with what other replicas
// have written. See ledger.Snapshot.
func (r *Registry) Snapshot(ctx context.Context) (ledger.Snapshot, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	if err := r.ledger.Follow(ctx, r.replay); err != nil {
		return ledger.Snapshot{}, err
	}
	return r.ledger.Snapshot()
}

// Witnessed keeps the cosignatures of s while the log has not grown. See ledger.Witnessed.
func (r *Registry) Witnessed(s *ledger.Snapshot) bool { return r.ledger.Witnessed(s) }
