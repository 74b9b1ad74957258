package desk

import (
	"fmt"
	"slices"
	"strings"

	"detente/internal/node"
	"detente/matter"
	"detente/note"
	"detente/seal"
)

// sealed holds the texts that are sealed to offices against the field that
// names them: neither stands without the other, and every office is of a party
// that will hold the note.
func sealed(out *node.Draft, act *matter.Act) error {
	for _, t := range act.Texts {
		if t.Sealed == "" {
			continue
		}
		list, _ := out.Fields[t.Sealed].([]any)
		given := out.Content != nil && len(out.Content.Texts[t.Name]) > 0
		switch {
		case given && list == nil:
			return &FieldError{t.Sealed, "missing: " + t.Name + " is sealed to the offices that it names"}
		case !given && list != nil:
			return &FieldError{t.Name, "missing: offices are named, and nothing is sealed to them"}
		}
		for _, v := range list {
			name, _ := v.(string)
			if party, _, err := matter.ParseOffice(name); err == nil && !slices.Contains(out.Audience, party) {
				return &FieldError{t.Sealed, fmt.Sprintf("%s will not hold the note: its audience is %s", name, strings.Join(out.Audience, ", "))}
			}
		}
	}
	return nil
}

// unsealed refuses words in the place of a text that is to be sealed before it
// comes here: not even a draft may hold them.
func unsealed(in Draft) error {
	for slot, wording := range in.Texts {
		if matter.SealedFor(in.Act, slot, nil) == nil {
			continue
		}
		for _, s := range wording {
			if !seal.IsText(s) {
				return &FieldError{slot, "it is not sealed, and was not kept; see: detente help offices"}
			}
		}
	}
	return nil
}

// SealNames seals a text to offices, padded as payloads are, so that its
// length does not tell how many names there are. It is called before the text
// comes to a node at all.
func SealNames(recipients []string, text string) (string, error) {
	return seal.SealText(recipients, note.Pad([]byte(text)))
}

// OpenNames opens what SealNames sealed.
func OpenNames(key *seal.Identity, text string) (string, error) {
	plain, err := key.OpenText(text)
	return strings.TrimRight(string(plain), " "), err
}
