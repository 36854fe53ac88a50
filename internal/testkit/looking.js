// Gives a list of what is wrong with the page as it stands: it scrolls
// sideways, text lies on text, is too faint to read, or a part has no name.
(function () {
  var wrong = [];
  var say = function (text) { if (wrong.length < 12) { wrong.push(text); } };
  var name = function (e) { return e.tagName.toLowerCase() + (e.className && e.className.baseVal === undefined ? '.' + String(e.className).replace(/ /g, '.') : ''); };
  var root = document.documentElement;
  if (root.scrollWidth > window.innerWidth + 1 && !matchMedia('print').matches) {
    var widest = Array.from(document.querySelectorAll('body *')).filter(function (e) { return e.getBoundingClientRect().right > window.innerWidth + 1 && !e.closest('.wide'); })[0];
    say('it scrolls sideways: ' + root.scrollWidth + ' of ' + window.innerWidth + ' px' + (widest ? ', ' + name(widest) : ''));
  }

  // Text nodes with their places, as far as they can be seen.
  var boxes = [];
  var walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (var node = walker.nextNode(); node; node = walker.nextNode()) {
    var e = node.parentElement;
    if (!node.textContent.trim() || e.closest('.unseen, .skip, title, desc, script, option, symbol')) { continue; }
    var head = e.closest('thead');
    if (head && getComputedStyle(head).position === 'absolute') { continue; } // read aloud only
    if (!e.checkVisibility({ visibilityProperty: true, opacityProperty: true })) { continue; }
    var clip = e.closest('.named');
    var range = document.createRange();
    range.selectNodeContents(node);
    Array.from(range.getClientRects()).forEach(function (r) {
      var box = { l: r.left, t: r.top, r: r.right, b: r.bottom, e: e, text: node.textContent.trim().slice(0, 40) };
      if (clip) { box.r = Math.min(box.r, clip.getBoundingClientRect().right); }
      var scroller = e.closest('.wide');
      if (scroller) {
        var view = scroller.getBoundingClientRect(), name = e.closest('.latest .cell, .latest thead .p') && e.closest('tr').querySelector('.who');
        var fixed = name && getComputedStyle(name).position === 'sticky' ? name.getBoundingClientRect().right : view.left; // what was scrolled beneath the names is not seen
        box.l = Math.max(box.l, fixed); box.r = Math.min(box.r, view.right);
      }
      if (box.r - box.l > 1 && box.b - box.t > 1) { boxes.push(box); }
    });
  }
  boxes.sort(function (a, b) { return a.t - b.t; });
  for (var i = 0; i < boxes.length; i++) {
    for (var j = i + 1; j < boxes.length && boxes[j].t < boxes[i].b - 3; j++) {
      var a = boxes[i], b = boxes[j];
      if (Math.min(a.r, b.r) - Math.max(a.l, b.l) > 2 && Math.min(a.b, b.b) - Math.max(a.t, b.t) > 3) {
        say('“' + a.text + '” lies on “' + b.text + '”');
      }
    }
  }

  // Text that leaves what is drawn around it, or a word that is broken there.
  boxes.forEach(function (box) {
    var host = box.e.closest('.cell, .badge, .record, .tile, button');
    if (!host) { return; }
    var r = host.getBoundingClientRect();
    if (box.l < r.left - 1 || box.r > r.right + 1) { say('“' + box.text + '” leaves its ' + name(host)); }
  });
  document.querySelectorAll('.badge, .record').forEach(function (x) { if (x.offsetParent && x.getBoundingClientRect().height > 44) { say('“' + x.textContent + '” is broken up'); } });

  // Contrast of each text with what is behind it.
  var colour = function (text) { var m = text.match(/[\d.]+/g) || [0, 0, 0, 0]; return { r: +m[0], g: +m[1], b: +m[2], a: m[3] === undefined ? 1 : +m[3] }; };
  var light = function (c) {
    var f = function (x) { x /= 255; return x <= 0.04045 ? x / 12.92 : Math.pow((x + 0.055) / 1.055, 2.4); };
    return 0.2126 * f(c.r) + 0.7152 * f(c.g) + 0.0722 * f(c.b);
  };
  var told = {};
  boxes.forEach(function (box) {
    if (box.e instanceof SVGElement) { return; }
    var ground = null;
    for (var p = box.e; p && !ground; p = p.parentElement) {
      var c = colour(getComputedStyle(p).backgroundColor);
      if (c.a > 0.99) { ground = c; }
    }
    ground = ground || { r: 255, g: 255, b: 255 };
    var x = light(colour(getComputedStyle(box.e).color)), y = light(ground);
    var ratio = (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
    if (ratio < 4.5 && !told[name(box.e)]) { told[name(box.e)] = true; say('contrast ' + ratio.toFixed(2) + ' of “' + box.text + '” in ' + name(box.e)); }
  });

  // Names and structure.
  if (document.querySelectorAll('h1').length !== 1) { say(document.querySelectorAll('h1').length + ' headings of the first level'); }
  var level = 1;
  document.querySelectorAll('h1,h2,h3,h4').forEach(function (h) {
    var n = +h.tagName[1];
    if (n > level + 1) { say('the heading “' + h.textContent + '” leaves out a level'); }
    level = n;
  });
  document.querySelectorAll('th:not([scope])').forEach(function (th) { say('a table header without a scope: ' + th.textContent); });
  document.querySelectorAll('input:not([type=hidden]),select,textarea').forEach(function (i) { if (!i.labels || !i.labels.length) { say('a field without a label: ' + i.name); } });
  document.querySelectorAll('a,button').forEach(function (x) { if (!x.textContent.trim() && !x.getAttribute('aria-label')) { say('a link or button without a name: ' + x.outerHTML.slice(0, 80)); } });
  document.querySelectorAll('svg[role=img]').forEach(function (s) { if (!document.getElementById((s.getAttribute('aria-labelledby') || '').split(' ')[0])) { say('a drawing without a title'); } });
  var ids = {};
  document.querySelectorAll('[id]').forEach(function (x) { if (ids[x.id]) { say('the id ' + x.id + ' stands twice'); } ids[x.id] = true; });
  if (!document.querySelector('[aria-live]')) { say('no live region'); }
  if (!document.documentElement.lang) { say('no language'); }
  if (document.querySelector('[style]') && !document.querySelector('.plot')) { say('a style within the page: ' + document.querySelector('[style]').outerHTML.slice(0, 80)); }
  document.querySelectorAll('.badge, .cell:not(.none)').forEach(function (x) { if (!/met|risk|failing|breached|no data/.test(x.textContent) || !x.querySelector('svg')) { say('a state without word and symbol: ' + x.outerHTML.slice(0, 120)); } });
  return wrong;
})()
