// What script adds to pages that work without it: refresh, keys, arrows in the
// matrix, the cursor of charts and zoom. Nothing here decides what is shown.
(function () {
  'use strict';
  var prefix = (document.querySelector('.brand') || { getAttribute: function () { return '/'; } }).getAttribute('href');
  var live = function (text) { var p = document.getElementById('live'); if (p) { p.textContent = text; } };

  // Refresh once a minute what the page shows; not while a form has been
  // touched, the page is hidden, or somebody paused it.
  var paused = false, dirty = false;
  var every = 60000;
  var place = document.getElementById('refresh');
  if (place) {
    var button = document.createElement('button');
    button.type = 'button';
    button.setAttribute('aria-pressed', 'false');
    button.textContent = place.dataset.pause;
    button.addEventListener('click', function () {
      paused = !paused;
      button.setAttribute('aria-pressed', String(paused));
      button.textContent = paused ? place.dataset.resume : place.dataset.pause;
    });
    place.appendChild(button);
    document.addEventListener('input', function (e) { if (e.target.form) { dirty = true; } });
    setInterval(function () {
      var active = document.activeElement, main = document.getElementById('main');
      if (paused || dirty || document.hidden || !window.htmx || document.querySelector('.plot, details[open]') || (active !== main && main.contains(active))) { return; }
      window.htmx.ajax('GET', location.href, { target: '#main', select: '#main', swap: 'outerHTML' });
    }, every);
    var shown = gist();
    document.addEventListener('htmx:beforeSwap', function (e) {
      var fresh = new DOMParser().parseFromString(e.detail.xhr.responseText, 'text/html').getElementById('asof');
      if (fresh) { document.getElementById('asof').replaceWith(fresh); }
    });
    document.addEventListener('htmx:afterSwap', function () {
      stale(false);
      roving();
      charts();
      if (gist() !== shown) { shown = gist(); live(shown); } // what is as it was need not be read out
    });
    ['htmx:sendError', 'htmx:responseError', 'htmx:timeout'].forEach(function (name) {
      document.addEventListener(name, function () { stale(true); });
    });
  }

  // What somebody who listens wants to hear of again when it changes.
  function gist() {
    return Array.from(document.querySelectorAll('.tile, .figure')).map(function (e) { return e.innerText.replace(/\s+/g, ' '); }).join('. ');
  }

  // A page that could not be refreshed says so, also on a wall, until it is again.
  function stale(is) {
    var note = document.getElementById('stale');
    if (!is) { if (note) { note.remove(); } return; }
    if (note) { return; }
    note = document.createElement('p');
    note.id = 'stale';
    note.className = 'note';
    note.setAttribute('role', 'alert');
    note.textContent = place.dataset.stale;
    document.getElementById('main').before(note);
  }

  // The period of the page follows its list at once.
  var period = document.getElementById('period');
  if (period && period.form) {
    var show = period.form.querySelector('button');
    if (show) { show.hidden = true; }
    period.addEventListener('change', function () { period.form.submit(); });
  }

  // What is said to be a button is pressed by the space bar too.
  document.addEventListener('keydown', function (e) {
    if (e.key === ' ' && e.target.matches('a[role="button"]')) { e.preventDefault(); e.target.click(); }
  });

  // Keys: / searches, g and a letter goes.
  var going = false;
  document.addEventListener('keydown', function (e) {
    if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) { return; }
    if (going) {
      going = false;
      var to = { o: '', b: 'breaches', r: 'reports', s: 'status' }[e.key];
      if (to !== undefined) { location.href = prefix + to; }
      return;
    }
    if (e.key === 'g') { going = true; setTimeout(function () { going = false; }, 1500); }
    if (e.key === '/') { e.preventDefault(); document.getElementById('search').focus(); }
    if (e.key === '?') { var k = document.querySelector('.keys'); if (k) { k.scrollIntoView(); live(k.textContent); } }
  });

  // One stop of the tab key for the cells of a matrix; arrows go from cell to cell.
  function roving() {
    document.querySelectorAll('[data-roving] tbody').forEach(function (body) {
      var cells = body.querySelectorAll('.cell a');
      cells.forEach(function (a, i) { a.tabIndex = i === 0 ? 0 : -1; });
    });
  }
  roving();
  document.addEventListener('keydown', function (e) {
    var cell = e.target.closest && e.target.closest('[data-roving] .cell');
    var step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[e.key];
    if (!cell || !step) { return; }
    var rows = Array.from(cell.closest('tbody').rows), row = rows.indexOf(cell.parentNode), column = cell.cellIndex;
    for (;;) {
      row += step[0]; column += step[1];
      var next = rows[row] && rows[row].cells[column];
      if (!next || !next.classList.contains('cell')) { return; }
      var a = next.querySelector('a');
      if (a && a.offsetParent) {
        e.preventDefault();
        e.target.tabIndex = -1; a.tabIndex = 0; a.focus();
        return;
      }
    }
  });

  // The cursor of a chart reads the numbers of its table, by pointer and arrows.
  function charts() { document.querySelectorAll('.chart[data-chart="burn"]').forEach(chart); }
  charts();
  function chart(figure) {
    var rows = Array.from(document.querySelectorAll('#days tbody tr'));
    var svg = figure.querySelector('svg'), reading = figure.querySelector('.reading');
    if (!rows.length || !svg || !reading) { return; }
    var points = figure.querySelector('.course').getAttribute('points').trim().split(' ');
    var first = parseFloat(points[0]), last = parseFloat(points[points.length - 1]);
    var at = rows.length - 1;
    var line = document.createElementNS('http://www.w3.org/2000/svg', 'line');
    line.setAttribute('class', 'cursor'); line.setAttribute('y1', '14'); line.setAttribute('y2', '214');
    function put(i) {
      at = Math.max(0, Math.min(rows.length - 1, i));
      var x = first + (last - first) * (at + 1) / rows.length;
      line.setAttribute('x1', x); line.setAttribute('x2', x);
      if (!line.parentNode) { svg.appendChild(line); }
      reading.textContent = Array.from(rows[at].cells).map(function (c, n) { return (n ? c.dataset.label + ' ' : '') + c.textContent.trim(); }).join(' · ');
    }
    figure.addEventListener('keydown', function (e) {
      if (e.key === 'ArrowLeft' || e.key === 'ArrowRight') { e.preventDefault(); put(at + (e.key === 'ArrowLeft' ? -1 : 1)); }
    });
    svg.addEventListener('pointermove', function (e) {
      var box = svg.getBoundingClientRect(), x = (e.clientX - box.left) / box.width * svg.viewBox.baseVal.width;
      put(Math.floor((x - first) / (last - first) * rows.length));
    });
    zoom(figure, rows);
  }

  // Zoom opens the same numbers in a plot that can be dragged over.
  function zoom(figure, rows) {
    if (!window.uPlot || rows.length < 3) { return; }
    var open = document.createElement('button');
    open.type = 'button';
    open.textContent = figure.dataset.zoom;
    figure.appendChild(open);
    open.addEventListener('click', function () {
      open.remove();
      var plot = document.createElement('div');
      plot.className = 'plot';
      figure.appendChild(plot);
      var number = function (c) { var m = /[\u2212-]?[\d.,]+/.exec(c.textContent); return m ? parseFloat(m[0].replace('\u2212', '-').replace(/,/g, '')) : null; };
      var style = getComputedStyle(document.documentElement), ink = style.getPropertyValue('--soft'), grid = { stroke: style.getPropertyValue('--line') };
      var times = rows.map(function (r) { return Date.parse(r.querySelector('time').dateTime) / 1000; });
      new window.uPlot({
        width: plot.clientWidth, height: 240, scales: { x: { time: true } }, tzDate: function (t) { return window.uPlot.tzDate(new Date(t * 1000), 'Etc/UTC'); },
        axes: [{ stroke: ink, grid: grid }, { stroke: ink, grid: grid, values: function (u, v) { return v.map(function (n) { return n + '%'; }); } }],
        series: [{ value: '{YYYY}-{MM}-{DD}' }, { label: rows[0].cells[4].dataset.label + ' (%)', stroke: style.getPropertyValue('--course'), width: 2 }]
      }, [times, rows.map(function (r) { return number(r.cells[4]); })], plot);
    });
  }
})();
