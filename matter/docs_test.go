package matter

import (
	"strings"
	"testing"

	"detente/note"
)

var testNames = Names{
	Note: func(s string) (note.ID, error) {
		return note.ID{Origin: note.Origin(s[:3], note.Sum(nil), 1), Index: uint64(s[len(s)-1] - '0')}, nil
	},
	Text: func(s string) (note.Digest, error) { return note.Sum([]byte(s)), nil },
}

// TestExamples reads every example of the documents as the command line does.
func TestExamples(t *testing.T) {
	for _, k := range Kinds {
		for i := range k.Acts {
			act := k.Name + "/" + k.Acts[i].Name
			if act == Ack {
				continue
			}
			args := Example(k, &k.Acts[i])
			if args[0] != "send" || args[1] != act {
				t.Errorf("%s: the example begins with %q", act, args[:2])
			}
			values := map[string][]string{}
			content := &note.Content{Texts: map[string]note.Wording{}}
			m := &note.Move{Act: act, Office: "desk", Version: 1}
			for j := 2; j+1 < len(args); j += 2 {
				name, v := strings.TrimPrefix(args[j], "--"), args[j+1]
				switch name {
				case "matter":
					id, _ := testNames.Note(v)
					m.Matter = &id
				case "text":
					slot, lang, words, err := ParseText(v, "en")
					if err != nil {
						t.Fatalf("%s: %v", act, err)
					}
					content.Texts[slot] = note.Wording{lang: words}
				default:
					values[name] = append(values[name], v)
				}
			}
			var err error
			if m.Fields, err = ParseFields(act, values, testNames); err != nil {
				t.Errorf("%s: %v", act, err)
				continue
			}
			if err := Check(m); err != nil {
				t.Errorf("%s: %v", act, err)
			}
			if err := CheckContent(act, content); err != nil {
				t.Errorf("%s: %v", act, err)
			}
		}
	}
}
