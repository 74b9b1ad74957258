package site

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"detente/internal/desk"
	"detente/internal/node"
	"detente/internal/officer"
	"detente/matter"
	"detente/note"
)

// TestFormsBringBackWhatTheyShow writes an example of every act into its form,
// and reads it from there.
func TestFormsBringBackWhatTheyShow(t *testing.T) {
	n := january(t, "PAK")
	s := open(t, n, officer.Officer{ID: 1, Name: "One", Roles: officer.Roles})
	channel := s.Node.Channels()[0]
	acts := 0
	for _, k := range matter.Kinds {
		for i := range k.Acts {
			a := &k.Acts[i]
			name := k.Name + "/" + a.Name
			if k.InHouse || name == matter.Ack {
				continue
			}
			acts++
			want := map[string]any{}
			for _, f := range a.Fields {
				want[f.Name] = sample(f)
			}
			texts := map[string]note.Wording{}
			for _, x := range a.Texts {
				slot := x.Name
				if x.Numbered {
					slot += "/1"
				}
				texts[slot] = note.Wording{"en": "first line\nsecond “line” <b>"}
			}
			v := &visit{Site: s, r: httptest.NewRequest("GET", "/", nil), w: httptest.NewRecorder(), officer: &officer.Officer{}, loc: nil}
			f, err := v.form(channel, draftOf(name, want, texts), "", "")
			if err != nil {
				t.Fatal(err)
			}
			fields, words := readForm(a, post(f))
			if got, want := asJSON(t, fields), asJSON(t, want); got != want {
				t.Errorf("%s: the form brought back %s, want %s", name, got, want)
			}
			if !reflect.DeepEqual(words, texts) {
				t.Errorf("%s: the form brought back %v, want %v", name, words, texts)
			}
		}
	}
	if acts < 60 {
		t.Errorf("only %d acts", acts)
	}
}

func sample(s matter.Spec) any {
	switch s.Type {
	case matter.TypeEnum:
		return s.Words[len(s.Words)-1]
	case matter.TypeInstant, matter.TypeEnd:
		return "2024-01-26T23:59:00+05:00[Asia/Karachi]"
	case matter.TypeDate:
		return "2024-01-26"
	case matter.TypeNumber:
		return "3"
	case matter.TypeFlag:
		return true
	case matter.TypeNames, matter.TypeRefs, matter.TypeOffices:
		return []any{"one", "two"}
	case matter.TypeList:
		item := map[string]any{}
		for _, f := range s.Of {
			item[f.Name] = sample(f)
		}
		return []any{item, item}
	}
	return "a word & <another>"
}

func asJSON(t *testing.T, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// post is what a browser posts of a form that nobody touched.
func post(f *Form) url.Values {
	out := url.Values{}
	var walk func([]Input)
	walk = func(list []Input) {
		for _, in := range list {
			for _, row := range in.Rows {
				walk(row)
			}
			switch {
			case in.Rows != nil:
			case in.Type == matter.TypeFlag:
				if in.On {
					out.Set(in.ID, "true")
				}
			default:
				out.Set(in.ID, strings.ReplaceAll(in.Value, "\n", "\r\n"))
				out.Set(in.ID+".zone", in.Zone)
			}
		}
	}
	walk(f.Fields)
	for _, x := range f.Texts {
		out.Set(x.ID, strings.ReplaceAll(x.Value, "\n", "\r\n"))
	}
	return out
}

// TestADraftLeavesOnce writes a note in the pages, wrongly first.
func TestADraftLeavesOnce(t *testing.T) {
	n := january(t, "PAK")
	s := open(t, n, officer.Officer{ID: 1, Name: "One", Lang: "en", Roles: officer.Roles})
	send := func(path string, form url.Values) *httptest.ResponseRecorder {
		t.Helper()
		r := httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", path, w.Code, plain(w.Body.String()))
		}
		return w
	}
	channel := ChannelPath(n.Channels()[0])
	form := url.Values{"act": {"message/send"}, "precedence": {"priority"}, "t.subject.en": {"A subject"}, "t.body.en": {"<script>alert(1)</script> \u202eturned"}}
	at := send(channel+"/drafts", form).Header().Get("Location")
	if page := get(s, at).Body.String(); !strings.Contains(page, `aria-invalid="true"`) || strings.Contains(page, "Send it") {
		t.Errorf("a draft without a form is not refused by name: %s", plain(page))
	}
	form.Set("f.form", "letter")
	form.Set("office", office(t, s))
	send(at, form)
	page := get(s, at).Body.String()
	if strings.Contains(page, `aria-invalid="true"`) || !strings.Contains(page, "Send it") {
		t.Fatalf("the draft is not ready: %s", plain(page))
	}
	if strings.Contains(page, "<script>alert") || !strings.Contains(page, `<span class="control">U&#43;202E</span>`) && !strings.Contains(page, `<span class="control">U+202E</span>`) {
		t.Errorf("what was written is not shown as it is")
	}
	sent := send(at+"/send", nil).Header().Get("Location")
	if w := get(s, sent); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "A subject") {
		t.Errorf("%s: %d", sent, w.Code)
	}
	r := httptest.NewRequest("POST", at+"/send", nil)
	w := httptest.NewRecorder()
	if s.ServeHTTP(w, r); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a draft was sent twice: %d", w.Code)
	}
}

func plain(page string) string {
	z := html.NewTokenizer(strings.NewReader(page))
	var out strings.Builder
	for z.Next() != html.ErrorToken {
		if tok := z.Token(); tok.Type == html.TextToken {
			out.WriteString(strings.TrimSpace(tok.Data) + " ")
		}
	}
	return out.String()
}

func draftOf(act string, fields map[string]any, texts map[string]note.Wording) desk.Draft {
	return desk.Draft{Act: act, Fields: fields, Texts: texts}
}

// office returns an office of this node's party that may write a message.
func office(t *testing.T, s *Site) string {
	t.Helper()
	var code string
	if err := s.Node.Read(s.Node.Channels()[0], func(snap *node.Snapshot) {
		m, _ := snap.Docs.Current().Charter.Member(snap.Party)
		code = m.Offices[0].Code
	}); err != nil {
		t.Fatal(err)
	}
	return code
}
