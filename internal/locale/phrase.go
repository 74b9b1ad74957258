package locale

import (
	"encoding/json"
	"fmt"
	"html/template"
)

// Phrase is a sentence of the program's own, which each reader is told in
// their language. The zero Phrase says nothing.
type Phrase struct {
	Format string // English: a key of the catalogues
	Args   []any  // as package doc says; phrases too
}

// Phrasef returns a phrase.
func Phrasef(format string, args ...any) Phrase { return Phrase{format, args} }

// Join joins phrases two by two: Join("%s, %s", a, b, c) is "a, b, c".
func Join(format string, list ...Phrase) Phrase {
	var out Phrase
	for i, p := range list {
		if out = Phrasef(format, out, p); i == 0 {
			out = p
		}
	}
	return out
}

// IsZero reports whether it says nothing.
func (p Phrase) IsZero() bool { return p.Format == "" }

// String returns the English text, for programs and terminals: nothing in it
// is isolated.
func (p Phrase) String() string { return For(English).say(plain, p.Format, p.Args) }

// MarshalJSON writes the English text.
func (p Phrase) MarshalJSON() ([]byte, error) { return json.Marshal(p.String()) }

// UnmarshalJSON reads what MarshalJSON wrote, as a phrase without arguments.
func (p *Phrase) UnmarshalJSON(data []byte) error {
	*p = Phrase{}
	return json.Unmarshal(data, &p.Format)
}

// Say says a phrase as plain text.
func (l *Locale) Say(p Phrase) string { return l.T(p.Format, p.Args...) }

// SayHTML says a phrase for a page.
func (l *Locale) SayHTML(p Phrase) template.HTML { return l.HTML(p.Format, p.Args...) }

// str returns what an argument is called that is no phrase and no number.
func str(a any) string {
	switch a := a.(type) {
	case string:
		return a
	case template.HTML:
		return string(a)
	}
	return fmt.Sprint(a)
}
