package cli

import (
	"context"
	"flag"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"text/tabwriter"

	"detente/internal/web"
	"detente/matter"
)

// topics teach what no single command does.
var topics = []struct{ Name, Short, Text string }{
	{"start", "two nodes, from nothing to the first note", `Each side makes its node, and hands its credence to the other by any means:

    detente init --dir PAK --party PAK --name 'Islamic Republic of Pakistan' --address pak.example:7402
    detente credence export --dir PAK pak.credence

    detente init --dir IRN --party IRN --name 'Islamic Republic of Iran' --address irn.example:7402
    detente credence export --dir IRN irn.credence      (at the other side)

Both import the other's, and read the words that it prints to each other by telephone:

    detente credence import --dir PAK irn.credence      (the words that detente keys --dir IRN prints there)
    detente credence import --dir IRN pak.credence      (the words that detente keys --dir PAK prints there)

One side drafts the charter. Each reads it, signs the identical bytes and hands the file on:

    detente charter draft --dir PAK --name Hotline --purpose 'De-escalation' \
        --member 'party=PAK zone=Asia/Karachi' --member 'party=IRN zone=Asia/Tehran' hotline.charter
    detente charter show --dir PAK hotline.charter      (members, offices, clocks; its check words)
    detente charter sign --dir PAK hotline.charter
    detente charter sign --dir IRN hotline.charter      (at the other side)
    detente charter import --dir PAK hotline.charter    (with both signatures)

Then each runs its node, and speaks:

    detente serve --dir PAK
    detente send --dir PAK message/send --form letter --text 'subject=Good wishes' --text 'body=…'
    detente inbox --dir IRN
`},
	{"words", "what the words mean: feed, receipt, ack, settled, picture", `receipt      the other side's signature on "I durably hold your leaves 0..n"
ack          a note by which its node says what it holds; held, not read
settled      nothing that may still arrive can sort before the note; only what is settled binds
provisional  not there yet: late notes may still change what it does
crossed      concurrent moves that conflict; no tie-break decides for people
picture      digest of the register: equal pictures prove that the sides read the record alike
check words  six words of a digest, to be read over a telephone
`},
	{"silence", "four silences that are not the same", `detente line tells apart:

    link down                      no connection since then
    missed a roll call             the daily roll call of the charter did not come
    delivered, not acknowledged    its node holds the message or question; no person has acknowledged it
    acknowledged, not answered     a person has; what it asks is still owed

A clock never declares a breach: it says "due, unreported".
`},
	{"courier", "without a network: pouch files", `    detente pouch pack --dir PAK --to IRN out.pouch
    (carry it)
    detente pouch apply --dir IRN out.pouch

A pouch carries notes, payloads, receipts and documents. Late, twice and in the wrong order do no harm.
The other side's pouch back brings its receipts.
`},
	{"offices", "names that only named offices can open", officesTopic},
	{"types", "how the values of fields are written: instant, date, end, place, note, digest", typesTopic},
	{"proof", "proving to others what was said", `    detente prove --dir PAK IRN#5 out      leaf, tlog-proof and policy, for one note
    detente check out                       offline, with nothing but these files
    detente log export --dir PAK logs       whole feeds, as static tiled logs (C2SP tlog-tiles)
    detente verify --dir PAK                the whole record, from its bytes

The formats are C2SP's; tools that were not written here check them too.
`},
}

func overview() string {
	var b strings.Builder
	b.WriteString("Détente is a crisis hotline, a ledger and a joint desk for sides that do not trust each other.\n\nusage: detente COMMAND [flags] [arguments]\n\n")
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, c := range Commands {
		fmt.Fprintf(w, "  %s\t%s\n", c.Name, c.Short)
	}
	w.Flush() //nolint:errcheck // a strings.Builder does not fail
	b.WriteString("\ndetente help COMMAND explains one. What detente send sends is an act on a matter: detente help acts lists all,\ndetente help incident those of one kind, detente help incident/report explains one. Topics:\n\n")
	for _, t := range topics {
		fmt.Fprintf(w, "  %s\t%s\n", t.Name, t.Short)
	}
	w.Flush() //nolint:errcheck // likewise
	return b.String()
}

// manual is the help of one command.
func manual(cmd *Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nusage: detente %s\n", capital(cmd.Short), strings.TrimSpace(cmd.Name+" "+cmd.Args))
	if cmd.Help != "" {
		fmt.Fprintf(&b, "\n%s\n", cmd.Help)
	}
	if flags := flagsOf(cmd); len(flags) > 0 {
		b.WriteString("\nflags:\n")
		w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for _, f := range flags {
			fmt.Fprintf(w, "  --%s\t%s\n", f.Name, f.Usage)
		}
		w.Flush() //nolint:errcheck // a strings.Builder does not fail
	}
	return b.String()
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] + "." }

// flagsOf returns a command's flags by name.
func flagsOf(cmd *Command) (out []*flag.Flag) {
	f, _, _ := prepare(cmd, nil)
	f.VisitAll(func(f *flag.Flag) { out = append(out, f) })
	return out
}

func help(_ context.Context, c *Call) error {
	if len(c.Args) == 0 {
		c.printf("%s", overview())
		return nil
	}
	what := strings.Join(c.Args, " ")
	if cmd, rest := find(c.Args); cmd != nil && len(rest) == 0 {
		c.printf("%s", manual(cmd))
		return nil
	}
	for _, t := range topics {
		if t.Name == what {
			c.printf("%s", t.Text)
			return nil
		}
	}
	if what == "acts" {
		p := c.page()
		for _, k := range slices.Concat(matter.Kinds, matter.House) {
			explainKind(p, k)
			p.Blank()
		}
		p.Para(0, "detente help KIND/ACT explains one act, with its fields and an example.")
		return nil
	}
	for _, find := range []func(string) (*matter.Kind, *matter.Act, bool){matter.Find, matter.FindHouse} {
		if kind, act, ok := find(what); ok {
			renderAct(c, kind, act)
			return nil
		}
	}
	found := false
	for i := range Commands {
		if strings.HasPrefix(Commands[i].Name, what+" ") {
			c.printf("detente %s\n    %s\n", strings.TrimSpace(Commands[i].Name+" "+Commands[i].Args), Commands[i].Short)
			found = true
		}
	}
	name, act, _ := strings.Cut(what, "/")
	for _, k := range matter.Kinds {
		switch {
		case k.Name != name:
		case act != "":
			return usage("%s has no act %q; see: detente help %s", name, act, name)
		default:
			if found {
				c.printf("\n")
			}
			p := c.page()
			explainKind(p, k)
			p.Blank()
			p.Para(0, "detente help "+name+"/"+k.Acts[0].Name+" explains one act, with its fields and an example; likewise the others.")
			found = true
		}
	}
	if !found {
		return usage("there is no command, kind of matter, act or topic %q; see: detente help", what)
	}
	return nil
}

func version(_ context.Context, c *Call) error {
	v := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		v = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				v += " " + s.Value
			}
		}
		v += " " + info.GoVersion
	}
	c.printf("detente %s\n", v)
	return nil
}

// completion prints a script that completes commands, flags and acts. All of
// it comes from the tables; the program is not run while completing.
func completion(_ context.Context, c *Call) error {
	if err := c.want(1, 1, "one shell: bash, zsh or fish"); err != nil {
		return err
	}
	script, ok := shells[c.Args[0]]
	if !ok {
		return usage("%q is none of bash, zsh, fish", c.Args[0])
	}
	c.printf("%s", script())
	return nil
}

var shells = map[string]func() string{
	"bash": bashScript,
	"zsh":  func() string { return "#compdef detente\nautoload -U +X bashcompinit && bashcompinit\n" + bashScript() },
	"fish": fishScript,
}

// firstWords returns the first words of commands, and the second words of each.
func firstWords() (first []string, second map[string][]string) {
	second = map[string][]string{}
	for _, cmd := range Commands {
		a, b, two := strings.Cut(cmd.Name, " ")
		if !slices.Contains(first, a) {
			first = append(first, a)
		}
		if two {
			second[a] = append(second[a], b)
		}
	}
	return first, second
}

func bashScript() string {
	var b strings.Builder
	first, second := firstWords()
	b.WriteString("_detente() {\n  local cur=\"${COMP_WORDS[COMP_CWORD]}\" cmd=\"${COMP_WORDS[1]}\" words=\"\"\n")
	fmt.Fprintf(&b, "  if [ \"$COMP_CWORD\" = 1 ]; then words=%q\n", strings.Join(first, " "))
	for _, f := range first {
		if second[f] != nil {
			fmt.Fprintf(&b, "  elif [ \"$COMP_CWORD\" = 2 ] && [ \"$cmd\" = %s ]; then words=%q\n", f, strings.Join(second[f], " "))
		}
	}
	b.WriteString("  else\n    case \"$cmd ${COMP_WORDS[2]}\" in\n")
	for i := range Commands {
		cmd := &Commands[i]
		pattern := "\"" + cmd.Name + " \"*"
		if strings.Contains(cmd.Name, " ") {
			pattern = "\"" + cmd.Name + "\""
		}
		words := flagWords(cmd)
		if cmd.Name == "send" || cmd.Name == "help" {
			words = append(words, matter.Acts()...)
		}
		fmt.Fprintf(&b, "      %s) words=%q ;;\n", pattern, strings.Join(words, " "))
	}
	b.WriteString("    esac\n  fi\n  COMPREPLY=( $(compgen -W \"$words\" -- \"$cur\") )\n  [ -z \"$COMPREPLY\" ] && COMPREPLY=( $(compgen -f -- \"$cur\") )\n}\ncomplete -F _detente detente\n")
	return b.String()
}

func flagWords(cmd *Command) (out []string) {
	for _, f := range flagsOf(cmd) {
		out = append(out, "--"+f.Name)
	}
	return out
}

func fishScript() string {
	var b strings.Builder
	first, second := firstWords()
	for _, f := range first {
		short := f
		if i := slices.IndexFunc(Commands, func(c Command) bool { return c.Name == f }); i >= 0 {
			short = Commands[i].Short
		}
		fmt.Fprintf(&b, "complete -c detente -n __fish_use_subcommand -a %s -d %s\n", f, matter.Quote([]string{short + " "}))
		for _, s := range second[f] {
			fmt.Fprintf(&b, "complete -c detente -n '__fish_seen_subcommand_from %s' -a %s\n", f, s)
		}
	}
	for i := range Commands {
		seen := "__fish_seen_subcommand_from " + Commands[i].Name
		if a, s, two := strings.Cut(Commands[i].Name, " "); two {
			seen = "__fish_seen_subcommand_from " + a + "; and __fish_seen_subcommand_from " + s
		}
		for _, f := range flagsOf(&Commands[i]) {
			fmt.Fprintf(&b, "complete -c detente -n '%s' -l %s -d %s\n", seen, f.Name, matter.Quote([]string{f.Usage + " "}))
		}
	}
	fmt.Fprintf(&b, "complete -c detente -n '__fish_seen_subcommand_from send help' -a %q\n", strings.Join(matter.Acts(), " "))
	return b.String()
}

// Markdown returns docs/cli.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString("# The command line\n\nThis page is written by the table of commands (`go test ./internal/cli -run Docs -update`); change that.\n\n" +
		"Every command that touches a node takes `--dir` (default: `$DETENTE_DIR`, or `detente`) and `--json`. Where a process\n" +
		"serves the node, commands speak to it over `DIR/socket`; else they take the folder's lock. Colour and progress bars\n" +
		"are shown on a terminal only; `NO_COLOR` is respected. Text is laid out as wide as the terminal (`COLUMNS` where it\n" +
		"does not say; 40 to 132 columns), and 80 columns wide where there is none. What others wrote is printed with control\n" +
		"and direction characters made visible.\n\n## Exit codes\n\n| code | means |\n|---|---|\n")
	for _, e := range Exits {
		fmt.Fprintf(&b, "| %d | %s |\n", e.Code, e.Doc)
	}
	b.WriteString("\n## JSON\n\n`--json` prints the answer of `/api/v1` as it stands: the types of package `internal/view`, whose names are stable.\n" +
		"Names may be added; a program must not rely on there being no others. Times are RFC 3339 in UTC, notes have their\nlong names, digests are 64 hexadecimal digits. `register --json` carries the picture under `\"picture\"`.\n\n" +
		"The role is the least that an officer must have; the node's own user, on the socket, may make every request, and\nalone those without a role.\n\n" +
		"| method | path | role | is |\n|---|---|---|---|\n")
	b.WriteString(routesMarkdown())
	b.WriteString("\n## Commands\n")
	for i := range Commands {
		cmd := &Commands[i]
		fmt.Fprintf(&b, "\n### %s\n\n```\n%s```\n", cmd.Name, manual(cmd))
	}
	return b.String()
}

func routesMarkdown() (out string) {
	for _, r := range web.Routes() {
		out += "| " + r.Method + " | `/api/v1/" + r.Path + "` | " + string(r.Role) + " | " + r.Doc + " |\n"
	}
	return out
}
