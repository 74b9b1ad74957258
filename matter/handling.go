package matter

import (
	"slices"
	"strings"
	"time"

	"detente/note"
)

// TLP is the labels of the Traffic Light Protocol 2.0 (FIRST), the least
// strict first.
var TLP = []string{"clear", "green", "amber", "amber+strict", "red"}

// Stricter reports whether label a lets less be passed on than label b; the
// empty label is no limit at all.
func Stricter(a, b string) bool { return slices.Index(TLP, a) > slices.Index(TLP, b) }

// Fields that say how what is shared may be handled.
var (
	hdTLP     = enum("tlp", "how far it may be passed on, by the Traffic Light Protocol 2.0", TLP...)
	hdCaveats = names("caveats", "the conditions under which it may be used, in the words of who shares it")
	hdExpires = end("expires", "until when it may be used; or none")
)

// Handling is how what was shared may be handled.
type Handling struct {
	Caveats []string `json:"caveats,omitempty"`
	Expires string   `json:"expires,omitempty"` // as written, with its zone; or none
	TLP     string   `json:"tlp"`               // empty: nothing was said
}

// HandlingOf returns what moves say together of how their words may be
// handled: the strictest label, every caveat, the earliest end. What stands on
// the note that shares a dossier stands on every note about it, so that move
// is given too; where it is not, or either cannot be read by its table, the
// label is red: the safe side.
func HandlingOf(moves ...*note.Move) (h Handling) {
	shared, opened := false, false
	for _, m := range moves {
		if !strings.HasPrefix(m.Act, Dossier.Name+"/") {
			continue
		}
		shared, opened = true, opened || m.Matter == nil
		label := hdTLP.Or(m, "")
		if Check(m) != nil {
			label = "red"
		}
		if Stricter(label, h.TLP) {
			h.TLP = label
		}
		for _, c := range hdCaveats.Or(m, nil) {
			if !slices.Contains(h.Caveats, c) {
				h.Caveats = append(h.Caveats, c)
			}
		}
		if e := hdExpires.Or(m, ""); h.Expires == "" || utc(e) != "" && (utc(h.Expires) == "" || utc(e) < utc(h.Expires)) {
			h.Expires = e
		}
	}
	if shared && !opened {
		h.TLP = "red"
	}
	return h
}

// Expired reports whether it may no longer be used at t.
func (h Handling) Expired(t time.Time) bool {
	end, err := ParseInstant(h.Expires)
	return err == nil && t.After(end)
}

// String writes it as it stands beside the words: TLP:AMBER; not in court;
// until 2024-03-01T00:00:00+05:00[Asia/Karachi]. It is empty where nothing was
// said.
func (h Handling) String() string {
	if h.TLP == "" {
		return ""
	}
	says := append([]string{"TLP:" + strings.ToUpper(h.TLP)}, h.Caveats...)
	if utc(h.Expires) != "" {
		says = append(says, "until "+h.Expires)
	}
	return strings.Join(says, "; ")
}
