package ladder

// Scale holds the weights of the second line, from −10 to 10, by the code of
// CAMEO that an act is nearest to. The scale is Goldstein's (A
// Conflict-Cooperation Scale for WEIS Events Data, Journal of Conflict
// Resolution 36, 1992); the values for the codes of CAMEO are those of the
// lookup table CAMEO.goldsteinscale.txt that the GDELT project publishes.
var Scale = map[string]struct {
	Label  string
	Weight float64
}{
	"018": {"sympathy, condolence", 3.4},
	"019": {"accord expressed", 3.4},
	"030": {"says that it will cooperate", 4},
	"036": {"says that it will meet", 4},
	"040": {"consultation", 1},
	"057": {"a formal agreement", 8},
	"064": {"information shared", 7},
	"114": {"a formal complaint", -2},
	"120": {"refusal", -4},
	"160": {"relations reduced, of another kind", -4},
	"161": {"diplomatic relations reduced or broken", -4},
	"173": {"detention", -5},
	"180": {"violence against persons", -9},
	"190": {"military force", -10},
}
