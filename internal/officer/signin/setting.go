package signin

import (
	"context"
	"fmt"

	"detente/internal/officer"
)

// Setting returns what an officer has chosen, or last seen, under a name; nil
// where there is nothing.
func (s *Service) Setting(id officer.ID, name string) ([]byte, error) {
	box, err := s.ledger.Setting(uint64(id), name)
	if err != nil || box == nil {
		return nil, err
	}
	return s.box.Unwrap(box, settingAAD(id, name))
}

// Set keeps something for an officer under a name, in the place of what was
// there. It is no entry of the in-house record.
func (s *Service) Set(ctx context.Context, id officer.ID, name string, value []byte) error {
	return s.ledger.Set(ctx, uint64(id), name, s.box.Wrap(value, settingAAD(id, name)))
}

func settingAAD(id officer.ID, name string) []byte {
	return fmt.Appendf(nil, "detente/setting/v1 %d %s", uint64(id), name)
}
