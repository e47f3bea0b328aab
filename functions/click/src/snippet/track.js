// The snippet: what a funnel's pages run to keep a click, and to take its id along to the checkout.
//
// `GET /t.js?f={funnel}` answers with this script, made small, and with the funnel's own settings in the place of SETTINGS:
//   f  the funnel, t  its tenant, c  what an absent consent means ("granted", or nothing where the funnel needs one),
//   d  its checkouts: [domain, slot of the click id].
// Rules of fbc and fbp: Meta, Conversions API, fbp and fbc parameters; the same as in shared/src/domain/fb.
//
// It runs in pages of other people: every entry is guarded, nothing is thrown, and the one global is `track`. It is written
// for browsers of the last five years: ES2021, without lookbehind in expressions (Safari has that since 16.4).
(({ f: funnel, t: tenant, c: unasked, d: checkouts }) => {
  const doc = document, place = location, key = "_trk_" + funnel;
  const stub = window.track;
  // An element with the id `track` is a global of that name too: only what this script made is taken for itself.
  const all = stub?.all || {};
  if (all[funnel]) return; // the tag is on the page twice

  const api = doc.currentScript.src.replace(/\/t\.js.*/, `/v1/funnels/${funnel}/`);

  // Of the click: its id with the time of its fbc, Meta's ids, and the URL and referrer of the last landing.
  let clickId, mine = "", fbc, fbp, landing;
  // What this origin stores: c consent, q unsent, u first and last campaign. Without storage it lives as long as the page.
  let kept = {};

  const safe = run => (...given) => { try { return run(...given); } catch { } };
  const load = safe(() => { kept = JSON.parse(localStorage[key]); }); // throws where there is nothing
  const save = safe(() => { localStorage[key] = JSON.stringify(kept); });
  const isAllowed = () => (kept.c || unasked) == "granted";

  // ---- cookies

  // All values of a name: a page may have left one of its own host beside the site's.
  const read = name => doc.cookie.split("; ")
    .flatMap(pair => pair.startsWith(name + "=") ? pair.slice(name.length + 1) : []);

  const write = (name, value, age, domain) => {
    doc.cookie = `${name}=${value};path=/;max-age=${age};samesite=lax` + (domain ? ";domain=" + domain : "") +
      (place.protocol > "http:" ? ";secure" : ""); // that is https:
  };

  // The site's domain is the shortest one that the browser takes a cookie for: it knows that loja.com.br is a site and
  // com.br is none. An address, or a host without a site, has its cookies for itself.
  let index, domain;
  const findSite = () => {
    const labels = place.hostname.split(".");
    index = /^[\d.]+$|:/.test(place.hostname) ? 0 : labels.length - 1;
    for (let from = index; from > 0 && !domain; from--) {
      const tried = labels.slice(from - 1).join(".");
      write("_trk", 1, 9, tried);
      if (read("_trk")[0]) {
        write("_trk", 1, 0, tried);
        index = labels.length - from;
        domain = tried;
      }
    }
  };

  const keep = (name, value, age = 7776e3) => write(name, value, age, domain); // 90 days

  // ---- Meta's ids

  const appendix = /\.(A[Qgw]|B[AQg]|A[Q-Za-f][\w-]{6})$/;
  // 1 to 500 visible ASCII characters. One with a semicolon fits no cookie: the server builds that fbc. One that ends like
  // an appendix would forge it.
  const isFbclid = id => /^(?!\.)[!-:<-~]{1,500}$/.test(id) && !appendix.test(id);

  const fbclidIn = safe(url => new URL(url).searchParams.getAll("fbclid").find(isFbclid));

  // The newest of a cookie's valid values: `fb.<index>.<milliseconds>.<payload>[.<appendix>]`.
  const newest = (name, isPayload) => read(name)
    .filter(value => isPayload((/^fb\.\d{1,3}\.[1-9]\d{12}\.(.+)/.exec(value)?.[1] || "").replace(appendix, "")))
    .sort((a, b) => timeOf(b) - timeOf(a))[0];
  const timeOf = value => value.split(".")[2];

  const build = (name, payload) => {
    const value = `fb.${index}.${Date.now()}.${payload}`;
    keep(name, value);
    return value;
  };

  // The URL's click beats the cookie; the same click keeps its cookie, with its time and appendix.
  const resolve = fbclid => {
    index ?? findSite();
    fbc = newest("_fbc", id => fbclid ? id == fbclid : isFbclid(id)) || fbclid && build("_fbc", fbclid);
    fbp = newest("_fbp", id => /^\d{1,40}$/.test(id)) || build("_fbp", Math.random() * 2 ** 31 | 0);
    // Where no cookie stays, Meta would be told of a browser that it never sees again.
    if (!read("_fbp")[0]) fbc = fbp = undefined;
  };

  // ---- the click

  // 24 of a-z and 0-9, like the server's: short enough for every platform's slot, and safe where one folds case.
  const mint = () => Array.from(crypto.getRandomValues(new Uint8Array(24)), byte => (byte % 36).toString(36)).join("");

  // The campaign parameters of a URL, if it has any; of a name that comes twice the first.
  const campaign = safe(url => {
    const found = {};
    for (const [name, value] of new URL(url).searchParams) if (/^utm_/.test(name) && value) found[name] ??= value.slice(0, 255);
    return Object.keys(found)[0] && found;
  });

  // Takes a URL that the visitor came to. The same fbc is the same click.
  const visit = (url, referrer) => {
    const fbclid = fbclidIn(url) || fbclidIn(referrer), touch = campaign(url);
    if (isAllowed()) {
      load();
      if (touch) {
        kept.u = { first: kept.u?.first || touch, last: touch };
        save();
      }
      resolve(fbclid);
      const stamp = fbc ? timeOf(fbc) : fbclid || "";
      mine = read(key)[0] || mine;
      clickId = mine.slice(0, 24);
      if (clickId && mine.slice(25) == stamp) return;
      clickId = mint();
      keep(key, mine = clickId + "." + stamp);
    } else {
      // Denied: nothing is kept. The click is told without its person, so that its order is not sent on. Not asked: nothing.
      if (!kept.c || clickId || !fbclid && !touch) return;
      clickId = mint();
    }
    tell();
  };

  const tell = () => send("clicks", {
    // Where the visitor denied, there is no more than the first line.
    click_id: clickId, url: landing[0], referrer: landing[1], consent: kept.c,
    fbc, fbp, first: kept.u?.first, ...kept.u?.last,
  });

  // ---- sending

  // no-cors: the answer is not needed, and no error of ours is to stand in the page's console.
  const post = (path, body) => fetch(api + path, { method: "POST", body, keepalive: true, mode: "no-cors", credentials: "include" });

  // A beacon outlives its page, but nobody learns what became of it. So what was sent stays until another page has said it
  // again and seen it arrive (the server knows a repeat), or until the browser is online again.
  const send = (path, body, isPlain) => {
    const text = JSON.stringify(body);
    if (isAllowed() && !isPlain) {
      kept.q = [...kept.q || [], [path, text]].slice(-9);
      save();
    }
    if (navigator.onLine) safe(() => navigator.sendBeacon(api + path, text))() || post(path, text).catch(() => { });
  };

  const flush = () => {
    load();
    if (isAllowed() && navigator.onLine) for (const [path, text] of kept.q || []) {
      post(path, text).then(() => {
        load();
        kept.q = kept.q.filter(item => item[1] != text);
        save();
      }).catch(() => { });
    }
  };

  // ---- the way to the checkout

  // The parameters that a URL is to have, of which the click id wins over what is there: none unless it leads to a checkout.
  const extras = url => {
    const slot = clickId && checkouts.find(([domain]) => ("." + url.hostname).endsWith("." + domain))?.[1];
    return slot ? Object.entries({ ...kept.u?.last, [slot]: clickId }) : [];
  };

  // Added as text where that can be: writing the query anew would change how the page encoded the rest.
  const decorate = text => {
    const url = new URL(text, doc.baseURI), params = url.searchParams;
    let changed = text;
    for (const [name, value] of extras(url)) {
      if (!params.has(name)) url.search += (url.search ? "&" : "?") + new URLSearchParams([[name, value]]);
      else if (value == clickId && params.get(name) != value) params.set(name, value);
      else continue;
      changed = url.href;
    }
    return changed;
  };

  // On the way out and not before: what a script adds later is met too, and nothing moves on the page. Attributes are read,
  // never properties: a field named `action` hides its form's own.
  const attribute = (element, name) => {
    const value = element?.getAttribute?.(name);
    const changed = value && decorate(value);
    if (changed != value) element.setAttribute(name, changed);
    return value;
  };

  const clicked = event => event.composedPath().forEach(element => attribute(element, "href"));

  const submitted = event => attribute(event.submitter, "formaction") || attribute(event.target, "action");

  // The fields of a GET form take the place of its address' query. This comes for `form.submit()` too.
  const collected = ({ target, formData }) => {
    for (const [name, value] of extras(new URL(target.getAttribute("action") || "", doc.baseURI))) {
      if (value == clickId || !formData.has(name)) formData.set(name, value);
    }
  };

  // ---- what pages call

  // Lower-case hex SHA-256. Browsers have it on https pages and on localhost alone; nothing elsewhere.
  const sha256 = async text => crypto.subtle && Array.from(
    new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))),
    byte => (byte + 256).toString(16).slice(1)).join("");

  const trimmed = value => String(value ?? "").trim();

  // An e-mail address as the server takes it, in lower case.
  const email = (() => {
    const letter = "\\p{Alpha}\\p{N}\\p{M}", word = `[${letter}_!#$%&'*+/=?^\`{|}~-]+`;
    const label = `[${letter}]([${letter}-]*[${letter}])`;
    return RegExp(`^(?=.{0,254}$)(?=[^@]{1,64}@)${word}(\\.${word})*@(${label}?\\.)+(?!\\d+$)${label}$`, "u");
  })();

  // Gives how each field went: "hashed", "plain", or "kept" (it stayed here).
  const identify = async (person, options) => {
    const plain = options?.plain;
    const body = {}, went = {};
    let isPlain;
    for (const name in person) {
      const value = trimmed(person[name]).replace(/^[\s\p{Cf}]+|[\s\p{Cf}]+$/gu, "");
      const text = name == "phone" ? value.slice(1) : value.normalize().toLowerCase();
      const canHash = name == "phone" ? /^\+[1-9]\d{6,14}$/.test(value) : name == "email" && email.test(text);
      const hash = canHash && await sha256(text);
      went[name] = "kept";
      if (!isAllowed() || !value) continue;
      if (hash) body[name + "_hash"] = hash, went[name] = "hashed";
      else if (/^[a-f\d]{32}([a-f\d]{32})?(\.|$)/i.test(value)) body[name] = value, went[name] = "hashed"; // by the page itself
      else if (canHash ? plain : plain !== false) body[name] = value, went[name] = isPlain = "plain";
    }
    if (Object.keys(body)[0]) send("identify", { ...body, click_id: clickId, fbc, fbp }, isPlain);
    return went;
  };

  // The event id of a sale: the same as the server's, for a pixel's eventID. Nothing if it is no sale, or on an http page.
  const purchase = async order => {
    const { order_id, value, currency, platform, event_name = "Purchase" } = order || {};
    const id = trimmed(order_id), code = trimmed(currency).toUpperCase();
    // The digits that ISO 4217 gives a currency, in lists in which no other code is found. Intl has CLDR's, which differ.
    const digits = "BIFCLPDJFGNFISKJPYKMFKRWPYGRWFUGXUYIVNDVUVXAFXOFXPF".includes(code) ? 0
      : "BHDIQDJODKWDLYDOMRTND".includes(code) ? 3 : "CLFUYW".includes(code) ? 4 : 2;
    const [, whole, fraction = ""] = /^0*(\d+)(?:\.(\d+))?$/.exec(trimmed(value)) || [];
    const more = fraction + "0000";
    if (whole && id && /^[A-Z]{3}$/.test(code) && !/[1-9]/.test(more.slice(digits))) {
      const amount = whole + (digits ? "." + more.slice(0, digits) : "");
      return sha256([tenant, (platform ? platform + ":" : "") + id, event_name, amount, code].join("|"));
    }
  };

  const consent = answer => {
    const before = isAllowed();
    if (answer == kept.c || answer != "granted" && answer != "denied") return;
    if (answer == "denied") {
      // What this script wrote, and what Meta's would read.
      for (const name of ["_fbc", "_fbp", key]) keep(name, "", 0), write(name, "", 0);
      kept = {};
      mine = "";
      fbc = fbp = undefined;
    }
    kept.c = answer;
    save();
    if (!before) clickId = 0, visit(...landing);
    else if (answer == "denied" && clickId) tell();
  };

  all[funnel] = { identify, purchase, consent, decorate, clickId: () => clickId || null };
  if (!stub?.all) {
    // Each call reaches every funnel of the page, and gives what the last one had to say.
    const track = window.track = { all, push: safe(call => call.call ? call() : track[call[0]](...call.slice(1))) };
    for (const name in all[funnel]) track[name] = (...given) => {
      let said;
      for (const each of Object.values(all)) said = safe(each[name])(...given) ?? said;
      return said;
    };
  }

  // ---- start

  const on = (name, run) => addEventListener(name, safe(run), true);
  const route = safe(() => {
    if (fbclidIn(place.href) || campaign(place.href)) visit(...landing = [place.href]);
  });

  const start = safe(() => {
    // A router may have cleaned the URL before this script ran: the navigation remembers it.
    landing = [[place.href, performance.getEntriesByType("navigation")[0]?.name].find(fbclidIn) || place.href, doc.referrer];
    flush();
    visit(...landing);
    for (const name of ["pushState", "replaceState"]) {
      const original = history[name];
      history[name] = function () {
        const result = original.apply(this, arguments);
        route();
        return result;
      };
    }
    on("popstate", route);
    on("online", flush);
    // Back from the cache: another page may have had another click meanwhile, which stays the newest.
    on("pageshow", event => {
      if (event.persisted) {
        visit(place.origin);
        flush();
      }
    });
    on("pointerdown", clicked); // comes before whatever any button does
    on("click", clicked); // by the keyboard or a script
    on("submit", submitted);
    on("formdata", collected);
  });

  if (doc.prerendering) doc.addEventListener("prerenderingchange", start);
  else start();
  stub?.forEach?.(window.track.push);
})(SETTINGS);
