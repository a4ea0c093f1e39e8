package browser_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/servicestest"
)

// patience limits the wait for a condition on a page. A longer wait fails the test.
const patience = time.Minute

// tab is a page in a browser.
type tab struct {
	*testing.T
	ctx context.Context

	mu     sync.Mutex
	errors []string // error messages in the browser's console
}

// open opens an address in a new browser. If Chromium is missing, it skips the test; in CI it fails
// the test.
func open(t *testing.T, address string) *tab {
	t.Helper()
	browser := ""
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" && os.Getenv("CI") != "" {
		t.Fatal("no Chromium: .ci/run installs it")
	} else if browser == "" {
		t.Skip("no Chromium: install Debian's package chromium")
	}
	allocator, stop := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(browser), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	b := &tab{T: t, ctx: ctx}
	// The context of the first step has no time-out, because the browser ends when that context
	// ends.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	go func() {
		for message, err := range chromedp.Console(ctx) {
			if err != nil {
				return
			}
			if message.Type == chromedp.ConsoleError || message.Type == chromedp.ConsoleException {
				b.mu.Lock()
				b.errors = append(b.errors, message.Text)
				b.mu.Unlock()
			}
		}
	}()
	b.do(chromedp.Navigate(address))
	return b
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	result(b, chromedp.Steps(steps...))
}

// result runs one step in the browser and returns the value that the step produces. It ends the
// test on an error.
func result[T any](b *tab, step chromedp.Action[T]) T {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, step)
	if err != nil {
		b.Fatal(err)
	}
	return value
}

// is evaluates a JavaScript expression on the page and returns the value.
func is[T any](b *tab, expression string) T {
	b.Helper()
	return result(b, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// run executes a JavaScript program on the page.
func (b *tab) run(script string) {
	b.Helper()
	is[bool](b, script+"; true")
}

// eventually polls the current page of the browser until a JavaScript expression is true. It fails
// the test if the expression does not become true in time.
func (b *tab) eventually(expression string) {
	b.Helper()
	scenariotest.Eventually(b.T, expression, func(context.Context) bool {
		ctx, cancel := context.WithTimeout(b.ctx, patience)
		defer cancel()
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression))
		return err == nil && is
	})
}

// click clicks the first element that matches a CSS selector. The element must be visible. One
// script finds and clicks the element, because a live update may replace elements between two
// scripts.
func (b *tab) click(selector string) {
	b.Helper()
	if !is[bool](b, fmt.Sprintf(`(() => { const e = document.querySelector(%q); e?.click(); return e?.checkVisibility() ?? false; })()`, selector)) {
		b.Fatalf("there is no visible %s to click", selector)
	}
}

// quiet checks that the browser's console shows no error.
func (b *tab) quiet() {
	b.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.errors {
		b.Error("the console says:", e)
	}
}

// look sets the width of the window and the colour theme of the page.
func (b *tab) look(width int64, theme string) {
	b.Helper()
	b.do(chromedp.EmulateViewport(width, 900), chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}},
		})
		return err
	}))
}

const rows = `document.querySelectorAll("#requests .rows > li").length`

// The page must load within a second and contain all parts of the table below.
func TestThePageRenders(t *testing.T) {
	at := system(t).PageURL
	b := open(t, at)
	for _, part := range []struct{ name, count string }{
		{"figures", `document.querySelectorAll(".number").length === 5`},
		{"requests", rows + ` === 12`},
		{"files to make", `document.querySelectorAll(".next .todos > li").length >= 8`},
		{"the map", `document.querySelectorAll(".map tbody tr").length > 14`},
		{"what was asked for in vain", `document.querySelectorAll(".map i.v").length > 0`},
		{"hours", `document.querySelectorAll(".hours rect.good").length > 0`},
		{"the headline", `/[0-9]+ requests: /.test(document.querySelector(".health").textContent)`},
		{"where the figures begin", `document.querySelector(".meta").textContent.includes("the newest 500 requests, since")`},
	} {
		if !is[bool](b, part.count) {
			t.Errorf("%s: not %s", part.name, part.count)
		}
	}
	const timed = `(async () => { const begin = performance.now(); const body = await (await fetch("main")).text(); return [performance.now() - begin, body.length]; })()`
	is[[]float64](b, timed) // this load is not measured, because the first read of the stores is slow
	if got := is[[]float64](b, timed); got[0] > 1000 || got[1] > 500_000 {
		t.Errorf("the page took %.0f ms and has %.0f bytes", got[0], got[1])
	}
	b.quiet()
}

// File names and ad names come from other people. The page must show such names as plain text and
// never interpret them as HTML.
func TestHostileNamesStayText(t *testing.T) {
	b := open(t, system(t).PageURL)
	if n := is[int](b, `document.body.textContent.split("window.hacked=1").length - 1`); n < 5 {
		t.Errorf("the hostile name shows %d times", n)
	}
	if is[bool](b, `window.hacked !== undefined || document.querySelectorAll("#page img, #page script, #page [onerror]").length > 0`) {
		t.Error("a name became markup")
	}
	b.quiet()
}

func TestRequestsAreFilteredPagedAndOpened(t *testing.T) {
	b := open(t, system(t).PageURL)
	first := is[string](b, `document.querySelector(".rows details").id`)
	b.click(".leaves a")
	b.eventually(`location.search.includes("leaf=1") && document.querySelectorAll(".leaves a").length === 2 && document.querySelector(".rows details").id !== "` + first + `"`)
	// The script first focuses a field of the filter, because a live update does not replace a
	// filter that has the focus.
	b.run(`const code = document.querySelector("input[name=code]"); code.focus(); code.value = "hrt-1001"; document.querySelector("select[name=outcome]").value = "skipped"`)
	b.click(".filter button")
	b.eventually(`location.search.includes("outcome=skipped") && document.querySelectorAll(".rows .pill").length > 0`)
	if !is[bool](b, `[...document.querySelectorAll(".rows .pill")].every(p => p.textContent === "skipped") && [...document.querySelectorAll(".rows .slot b")].every(p => p.textContent === "HRT-1001-1")`) {
		t.Errorf("the filter lets others through: %s shows %s", is[string](b, `location.search`), is[string](b, `document.querySelector(".rows").textContent`))
	}
	b.click(".rows summary")
	b.eventually(`document.querySelector(".rows details[open] td code").checkVisibility()`)
	b.quiet()
}

// A user must be able to open a request's details with the keyboard alone.
func TestTheKeyboardOpensARequest(t *testing.T) {
	b := open(t, system(t).PageURL)
	at := ""
	for range 20 {
		b.do(chromedp.KeyEvent(kb.Tab))
		if at = is[string](b, `document.activeElement.tagName`); at == "SUMMARY" {
			break
		}
	}
	if at != "SUMMARY" || is[string](b, `getComputedStyle(document.activeElement).outlineStyle`) == "none" {
		t.Fatalf("the keyboard is at %s, and its place does not show", at)
	}
	b.do(chromedp.KeyEvent(kb.Enter))
	b.eventually(`document.activeElement.closest("details").open`)
}

// The page must show a new request without a reload, and details that the user has opened must
// stay open.
func TestTheLiveUpdateIsSeen(t *testing.T) {
	s := system(t)
	b := open(t, s.PageURL)
	b.run(`window.same = true`)
	b.click(".rows li:nth-child(2) summary")
	open := is[string](b, `document.querySelector(".rows details[open]").id`)
	i := request(0, time.Now())
	i.ID, i.Slot = "req#"+strings.Repeat("e", 64), "p#LIVE-1#7#en#video"
	if err := ledgerOf(s).Save(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	b.eventually(`document.querySelector("#requests").textContent.includes("LIVE-1-7")`)
	if !is[bool](b, `window.same && document.getElementById("`+open+`").open`) {
		t.Error("the page was loaded again, or what was open has closed")
	}
	b.quiet()
}

var widths = []int64{320, 560, 800, 1280, 1600}

// In both colour themes, the page must not be wider than any tested window, and axe-core must find
// no accessibility violation.
func TestThePageFitsEveryWidthInBothThemes(t *testing.T) {
	axe, err := os.ReadFile(filepath.Join(servicestest.Root(t), "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	b := open(t, system(t).PageURL)
	const judged = `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.map(v => v.id + ": " + v.help + ": " + v.nodes.slice(0, 2).map(n => n.html.slice(0, 200) + " " + (n.any[0]?.message ?? "")).join(" | ")))`
	for _, theme := range []string{"light", "dark"} {
		seen := map[string]bool{}
		for _, width := range widths {
			b.look(width, theme)
			if over := is[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
				t.Errorf("at %d px the page is %d px too wide", width, over)
			}
			seen[is[string](b, `getComputedStyle(document.querySelector(".mh")).backgroundColor`)] = true
			if *pictures != "" && (width == 320 || width == 800 || width == 1600) {
				b.picture(fmt.Sprintf("%s-%d", theme, width))
			}
		}
		if len(seen) != 1 {
			t.Errorf("%s has the backgrounds %v", theme, seen)
		}
		b.run(string(axe))
		b.run(`document.querySelectorAll(".rows details, .next details").forEach(d => d.open = true)`)
		for _, violation := range is[[]string](b, judged) {
			t.Errorf("%s: %s", theme, violation)
		}
	}
	b.quiet()

	// This script puts two accessibility faults on the page. axe-core must find both.
	b.run(`document.querySelector("h1").outerHTML = '<img src="data:,"><p style="color:#aaa;background:#fff">faint</p>'`)
	found := strings.Join(is[[]string](b, judged), "\n")
	for _, rule := range []string{"image-alt", "color-contrast"} {
		if !strings.Contains(found, rule) {
			t.Errorf("axe-core does not find %s: %s", rule, found)
		}
	}
}
