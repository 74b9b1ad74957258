package feed

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Policy says whose signatures make a checkpoint of one feed worth trusting:
// its author's, and those of Quorum of the Receipts.
//
// The file is a c2sp.org/tlog-policy:
//
//	log VKEY
//	#detente log VKEY
//	witness NAME VKEY URL
//	#detente witness NAME VKEY
//	group receipts all NAME…
//	quorum receipts
//
// The plain lines carry the Ed25519 keys, which is what verifiers in use can
// read; the lines that begin with #detente are comments to them and carry the
// ML-DSA-44 keys, without which this package refuses the policy. Some readers
// want a URL on every witness line; where a party publishes none it is one
// that can never resolve (RFC 2606).
type Policy struct {
	Origin   string
	Log      Public
	Receipts []NamedKey
	Quorum   int
}

// A NamedKey is a cosigner: the key name, its key, and where it can be reached,
// if anywhere.
type NamedKey struct {
	Name   string
	Public Public
	URL    string
}

// Limits on a policy as received.
const (
	MaxPolicy    = 256 << 10 // bytes
	MaxWitnesses = 64
)

const (
	policyMark = "#detente"
	noURL      = "https://unreachable.invalid/"
	groupName  = "receipts"
)

// reserved are the words of the format, which cannot name a witness.
var reserved = []string{"log", "witness", "group", "quorum", "any", "all", "none", groupName}

// FormatPolicy writes the policy that wants the author and all of receipts.
func FormatPolicy(origin string, pub Public, receipts []NamedKey) ([]byte, error) {
	return Policy{Origin: origin, Log: pub, Receipts: receipts, Quorum: len(receipts)}.Format()
}

// Format writes the policy file.
func (p Policy) Format() ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	var b strings.Builder
	b.WriteString("# Trust policy of one feed (c2sp.org/tlog-policy). Lines that begin with\n" +
		"# " + policyMark + " carry the ML-DSA-44 keys, for tools that check both signatures.\n")
	ed, ml := VKeys(p.Origin, p.Log)
	fmt.Fprintf(&b, "log %s\n%s log %s\n", ed, policyMark, ml)
	var names []string
	for _, r := range p.Receipts {
		ed, ml := CosignerVKeys(r.Name, r.Public)
		url := r.URL
		if url == "" {
			url = noURL
		}
		fmt.Fprintf(&b, "witness %s %s %s\n%s witness %s %s\n", r.Name, ed, url, policyMark, r.Name, ml)
		names = append(names, r.Name)
	}
	switch p.Quorum {
	case 0:
		b.WriteString("quorum none\n")
		return []byte(b.String()), nil
	case len(names):
		fmt.Fprintf(&b, "group %s all %s\n", groupName, strings.Join(names, " "))
	default:
		fmt.Fprintf(&b, "group %s %d %s\n", groupName, p.Quorum, strings.Join(names, " "))
	}
	fmt.Fprintf(&b, "quorum %s\n", groupName)
	return []byte(b.String()), nil
}

func (p Policy) check() error {
	if err := checkName(p.Origin); err != nil {
		return err
	}
	if err := p.Log.Validate(); err != nil {
		return fmt.Errorf("the key of %s: %w", p.Origin, err)
	}
	if len(p.Receipts) > MaxWitnesses || p.Quorum < 0 || p.Quorum > len(p.Receipts) {
		return fmt.Errorf("%d of %d witnesses is no quorum; the limit is %d witnesses", p.Quorum, len(p.Receipts), MaxWitnesses)
	}
	// "Duplicate witnesses, i.e., multiple witness lines with the same public
	// key, are not allowed."
	names, keys := map[string]bool{p.Origin: true}, map[string]bool{string(p.Log.Ed25519): true, string(p.Log.MLDSA44): true}
	for _, r := range p.Receipts {
		if err := checkName(r.Name); err != nil {
			return err
		}
		if err := r.Public.Validate(); err != nil {
			return fmt.Errorf("the key of %s: %w", r.Name, err)
		}
		switch {
		case slices.Contains(reserved, r.Name) || strings.Contains(r.Name, "#"):
			return fmt.Errorf("%q cannot name a witness in a policy", r.Name)
		case strings.ContainsFunc(r.URL, spaceOrControl) || strings.Contains(r.URL, "#"):
			return fmt.Errorf("the URL of %s has a space, a control character or #", r.Name)
		case names[r.Name] || keys[string(r.Public.Ed25519)] || keys[string(r.Public.MLDSA44)]:
			return fmt.Errorf("%s, or a key of it, is there twice", r.Name)
		}
		names[r.Name], keys[string(r.Public.Ed25519)], keys[string(r.Public.MLDSA44)] = true, true, true
	}
	return nil
}

// policyReader collects the lines of a policy file.
type policyReader struct {
	out       Policy
	witnesses map[string]*NamedKey
	groups    map[string]Policy // Receipts and Quorum only
	quorum    bool
}

// ParsePolicy reads a policy of one feed: one log, witnesses under their own
// key names, groups of witnesses, a quorum. Of the witnesses it keeps those
// that the quorum counts. It refuses a key that is there in one algorithm only.
func ParsePolicy(file []byte) (Policy, error) {
	if len(file) > MaxPolicy {
		return Policy{}, fmt.Errorf("a policy has %d bytes; the limit is %d", len(file), MaxPolicy)
	}
	r := policyReader{witnesses: make(map[string]*NamedKey), groups: make(map[string]Policy)}
	text, ended := strings.CutSuffix(string(file), "\n")
	if !ended {
		return Policy{}, errors.New("policy: its last line is not ended")
	}
	for i, line := range strings.Split(text, "\n") {
		if err := r.line(line); err != nil {
			return Policy{}, fmt.Errorf("policy, line %d: %w", i+1, err)
		}
	}
	if r.out.Origin == "" || !r.quorum {
		return Policy{}, errors.New("policy: want one log and one quorum")
	}
	if err := r.out.check(); err != nil {
		return Policy{}, fmt.Errorf("policy: %w", err)
	}
	return r.out, nil
}

func (r *policyReader) line(line string) error {
	// "The only allowed control characters are tab and newline"; items are
	// separated by "sequences of ASCII space and tab characters only".
	if strings.ContainsFunc(line, func(c rune) bool { return c != '\t' && c != ' ' && spaceOrControl(c) }) {
		return errors.New("there is a control character or a space other than U+0020")
	}
	f := strings.Fields(line)
	marked := len(f) > 0 && f[0] == policyMark
	switch {
	case marked:
		f = f[1:]
	case len(f) == 0 || f[0][0] == '#':
		return nil
	}
	if strings.Contains(strings.Join(f, " "), "#") {
		return errors.New("a # within a line: verifiers read it in different ways")
	}
	switch {
	case len(f) >= 2 && len(f) <= 3 && f[0] == "log":
		return r.log(f[1], marked)
	case len(f) >= 3 && len(f) <= 4 && f[0] == "witness":
		return r.witness(f, marked)
	case len(f) >= 4 && f[0] == "group" && !marked:
		return r.group(f[1], f[2], f[3:])
	case len(f) == 2 && f[0] == "quorum" && !marked:
		return r.setQuorum(f[1])
	}
	return errors.New("neither log VKEY, nor witness NAME VKEY URL, nor group NAME all|any|K MEMBER…, nor quorum NAME")
}

// add puts a key of one algorithm in its place. Plain lines hold Ed25519 of
// type ed; marked lines hold ML-DSA-44.
func add(to *Public, name, s string, marked bool, ed byte) error {
	named, typ, key, err := parseVKey(s)
	if err != nil {
		return err
	}
	want, at := ed, &to.Ed25519
	if marked {
		want, at = typeMLDSA44, &to.MLDSA44
	}
	switch {
	case name != "" && named != name:
		return fmt.Errorf("the key is named %s; want %s", named, name)
	case typ != want:
		return fmt.Errorf("the key of %s is of type 0x%02x; want 0x%02x here", named, typ, want)
	case *at != nil:
		return fmt.Errorf("a second key of type 0x%02x for %s", typ, named)
	}
	*at = key
	return nil
}

func (r *policyReader) log(s string, marked bool) error {
	if err := add(&r.out.Log, r.out.Origin, s, marked, typeEd25519); err != nil {
		return err
	}
	r.out.Origin, _, _ = strings.Cut(s, "+")
	return nil
}

func (r *policyReader) witness(f []string, marked bool) error {
	w := r.witnesses[f[1]]
	if w == nil {
		if len(r.witnesses) == MaxWitnesses {
			return fmt.Errorf("more than %d witnesses", MaxWitnesses)
		}
		w = &NamedKey{Name: f[1]}
		r.witnesses[f[1]] = w
	}
	if len(f) == 4 && f[3] != noURL {
		w.URL = f[3]
	}
	return add(&w.Public, f[1], f[2], marked, typeEd25519C)
}

func (r *policyReader) group(name, k string, members []string) error {
	if _, again := r.groups[name]; again || r.witnesses[name] != nil || name == "none" {
		return fmt.Errorf("the name %q is taken", name)
	}
	if len(r.groups) == MaxWitnesses {
		return fmt.Errorf("more than %d groups", MaxWitnesses)
	}
	g := Policy{}
	for i, m := range members {
		w := r.witnesses[m]
		if w == nil || slices.Contains(members[:i], m) {
			return fmt.Errorf("member %q is not a witness defined above, or is there twice", m)
		}
		g.Receipts = append(g.Receipts, *w)
	}
	switch k {
	case "any":
		g.Quorum = 1
	case "all":
		g.Quorum = len(members)
	default:
		n, err := strconv.Atoi(k)
		if err != nil || strconv.Itoa(n) != k || n < 1 || n > len(members) {
			return fmt.Errorf("the threshold %q is neither all, any, nor a number from 1 to %d", k, len(members))
		}
		g.Quorum = n
	}
	r.groups[name] = g
	return nil
}

func (r *policyReader) setQuorum(name string) error {
	if r.quorum {
		return errors.New("a second quorum")
	}
	r.quorum = true
	if name == "none" {
		return nil
	}
	if w := r.witnesses[name]; w != nil {
		r.out.Receipts, r.out.Quorum = []NamedKey{*w}, 1
		return nil
	}
	g, ok := r.groups[name]
	if !ok {
		return fmt.Errorf("quorum %q is not defined above", name)
	}
	r.out.Receipts, r.out.Quorum = g.Receipts, g.Quorum
	return nil
}
