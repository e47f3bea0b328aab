// What the pages do beyond forms and links. Everything works without it, but for the link that brings its token in the fragment.
'use strict';

const lang = document.documentElement.lang;

// A session's link: its token goes to the server in a form, never in an address.
for (const box of document.querySelectorAll('[data-open]')) {
  const token = location.hash.slice(1);
  if (!token) continue;
  history.replaceState(null, '', location.pathname);
  const form = box.querySelector('form');
  form.elements.token.value = token;
  form.submit();
}

// Moments in the reader's own time.
function localise(root) {
  const style = { dateStyle: 'medium', timeStyle: 'short' };
  for (const time of root.querySelectorAll('time[datetime]')) {
    time.title = time.textContent;
    time.textContent = new Date(time.dateTime).toLocaleString(lang, style);
  }
}
localise(document);

for (const button of document.querySelectorAll('[data-copy]')) {
  if (!navigator.clipboard) continue;
  const text = button.textContent;
  button.hidden = false;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = text; }, 2000);
  });
}

// Countries by their names.
for (const select of document.querySelectorAll('select[data-names]')) {
  const names = new Intl.DisplayNames(lang, { type: select.dataset.names });
  const [none, ...options] = select.options;
  for (const option of options) option.textContent = names.of(option.value) ?? option.value;
  options.sort((one, other) => one.textContent.localeCompare(other.textContent, lang));
  const chosen = select.value;
  select.replaceChildren(none, ...options);
  select.value = chosen;
}

// A file's text goes where it would be pasted.
for (const input of document.querySelectorAll('[data-into]')) {
  input.parentElement.hidden = false;
  input.addEventListener('change', async () => {
    const [file] = input.files;
    if (file) document.getElementById(input.dataset.into).value = await file.text();
  });
}

// A short name made of the name, until somebody writes one.
for (const input of document.querySelectorAll('[data-suggests]')) {
  const source = document.getElementById(input.dataset.suggests);
  let isOwn = input.value !== '';
  input.addEventListener('input', () => { isOwn = input.value !== ''; });
  source.addEventListener('input', () => {
    if (isOwn) return;
    const plain = source.value.normalize('NFD').replace(/[\u0300-\u036f]/g, '').toLowerCase();
    input.value = plain.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 40).replace(/-+$/, '');
  });
}

// What is waited for: looked at every three seconds while the page is in view, until all of it is there.
for (const part of document.querySelectorAll('[data-live]')) {
  let last = part.innerHTML;
  localise(part);
  const look = async () => {
    if (document.hidden) return;
    const answer = await fetch(part.dataset.live, { credentials: 'same-origin', redirect: 'error' }).catch(() => null);
    if (!answer || !answer.ok) {
      // Logged out, or gone: the page itself will say so. A server that is away comes back.
      if (answer && answer.status < 500) clearInterval(timer);
      return;
    }
    const text = await answer.text();
    if (text !== last) {
      last = text;
      part.innerHTML = text;
      localise(part);
    }
    // The list of steps says so too.
    const here = document.querySelector('.steps .waiting > [aria-current]');
    if (here && part.querySelector('.done')) {
      here.parentElement.className = 'done';
      here.querySelector('.standing').textContent = part.dataset.done;
    }
    if (!part.querySelector('.waiting')) clearInterval(timer);
  };
  const timer = setInterval(look, 3000);
}

