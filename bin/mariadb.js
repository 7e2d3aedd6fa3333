'use strict';
// The private MariaDB of an instance: made on the first start, adopted or ended when an earlier start left it running, durable as a real one.
const { spawn } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { lastLines, run } = require('./command');
const { openLog } = require('./log');
const { provideMariadb } = require('./mariadb-packages');
const { removePid, runningProcess, writePid } = require('./pidfile');
const { freePort } = require('./ports');
const { end, identify, isAlive } = require('./process');
const { Stop } = require('./project');

/** The account of the migration, which makes the schema and the other accounts. */
const ADMIN = 'oms_admin';
const DATABASE = 'oms';
const READY_LIMIT = 60_000;
/** A clean end writes what is in memory; after that many milliseconds it is killed, and recovers at the next start. */
const END_LIMIT = 30_000;
// sockaddr_un holds 108 bytes, of which MariaDB wants some for itself.
const LONGEST_SOCKET = 100;

/**
 * Starts, or adopts, the private MariaDB of a data directory and resolves once it accepts its administrator:
 * `{pid, port, url, serverUrl, adopted, exited, stop}`. `url` names the database `oms`, `serverUrl` none; `exited` resolves when the server has ended;
 * `stop()` ends it cleanly. `onInstall` is called before packages are installed. `options` are added to the server's own. With `keepPort` it fails rather than
 * to move to another port.
 *
 * The server leads a process group of its own: a Ctrl-C or a signal to our group does not reach it while orders are being finished, and it
 * survives the death of the process that started it. Only a later start, or `stop()`, ends it.
 */
async function startMariadb({ dataDirectory, options = [], keepPort = false, onInstall, signal }) {
  const place = layout(dataDirectory);
  for (const directory of [dataDirectory, place.run, place.temporary, path.dirname(place.log)]) fs.mkdirSync(directory, { recursive: true });
  const secrets = readSecrets(place);
  const programs = await provideMariadb({ announce: onInstall, signal });

  const running = runningProcess(place.run, 'mariadb') ?? orphan(place.files);
  if (running) {
    if (await belongs(programs.client, secrets, place.files)) {
      writePid(place.run, 'mariadb', running.pid);
      return handle(place, secrets, running, watch(running), true);
    }
    await end(running, END_LIMIT);
  }
  removePid(place.run, 'mariadb');

  await createFiles(programs, place, signal);
  if (!keepPort) secrets.port = await freePort(secrets.port);
  writeSecrets(place, secrets);
  const { identity, exited } = await launch({ programs, place, secrets, options, signal });
  return handle(place, secrets, identity, exited, false);
}

/** Ends the private MariaDB of a data directory if one runs; without a connection to it, so after any kind of crash. */
async function endMariadb(dataDirectory) {
  const place = layout(dataDirectory);
  const running = runningProcess(place.run, 'mariadb') ?? orphan(place.files);
  if (running) await end(running, END_LIMIT);
  removePid(place.run, 'mariadb');
}

function layout(dataDirectory) {
  const runDirectory = path.join(dataDirectory, 'run');
  return {
    run: runDirectory,
    files: path.join(dataDirectory, 'database'),
    // Its own: a server that starts removes what looks like left over from /tmp, also the temporary tables of another one.
    temporary: path.join(dataDirectory, 'database-temporary'),
    secrets: path.join(dataDirectory, 'database.json'),
    log: path.join(dataDirectory, 'logs', 'mariadb.log'),
    initialSql: path.join(runDirectory, 'mariadb-accounts.sql'),
    socket: socketPath(dataDirectory, path.join(runDirectory, 'mariadb.sock')),
  };
}

function socketPath(dataDirectory, wanted) {
  if (Buffer.byteLength(wanted) <= LONGEST_SOCKET) return wanted;
  const name = crypto.createHash('sha256').update(dataDirectory).digest('hex').slice(0, 16);
  return path.join(os.tmpdir(), `oms-${name}.sock`);
}

function readSecrets(place) {
  try {
    const { password, port } = JSON.parse(fs.readFileSync(place.secrets, 'utf8'));
    if (typeof password === 'string' && /^[\w-]{16,}$/.test(password)) return { user: ADMIN, password, port };
  } catch {
    // Lost or damaged: the next launch gives the account a new password.
  }
  return { user: ADMIN, password: crypto.randomBytes(24).toString('base64url'), port: undefined };
}

function writeSecrets(place, secrets) {
  fs.writeFileSync(`${place.secrets}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  fs.renameSync(`${place.secrets}.new`, place.secrets);
}

/** A server that uses our files and that no pid file names (the pid file is written a moment after the server has started). */
function orphan(files) {
  if (process.platform !== 'linux') return undefined;
  for (const entry of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const [program, ...args] = fs.readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0');
      if (/^(mariadbd|mysqld)$/.test(path.basename(program)) && args.includes(`--datadir=${files}`)) return identify(Number(entry));
    } catch {
      // It has ended meanwhile, or is another user's.
    }
  }
  return undefined;
}

/** Whether the server on our port knows our password and serves our files. */
async function belongs(client, secrets, files) {
  if (!secrets.port) return false;
  const { status, stdout } = await run(
    client,
    ['--no-defaults', '--protocol=tcp', '--host=127.0.0.1', `--port=${secrets.port}`, `--user=${secrets.user}`, '--connect-timeout=5', '--batch', '--skip-column-names', '--execute=SELECT @@datadir'],
    { env: { ...process.env, MYSQL_PWD: secrets.password } },
  );
  return status === 0 && path.resolve(stdout.trim()) === path.resolve(files);
}

// Made beside its place and renamed, so that an interrupted start leaves no half database behind.
async function createFiles(programs, place, signal) {
  if (fs.existsSync(place.files)) return;
  const draft = `${place.files}.new`;
  fs.rmSync(draft, { recursive: true, force: true });
  const { status, output } = await run(
    programs.install,
    ['--no-defaults', `--datadir=${draft}`, '--skip-test-db', '--auth-root-authentication-method=socket', `--auth-root-socket-user=${os.userInfo().username}`, '--innodb-log-file-size=64M', ...asCurrentUser()],
    { signal, env: { ...process.env, TMPDIR: place.temporary } },
  );
  if (status !== 0) throw new Stop(`The private MariaDB could not be made in ${place.files}:\n${lastLines(output)}`);
  fs.chmodSync(draft, 0o700);
  fs.renameSync(draft, place.files);
}

// mariadbd refuses to run as root unless it is told to.
function asCurrentUser() {
  return process.getuid() === 0 ? ['--user=root'] : [];
}

function serverArguments({ place, port, options }) {
  return [
    '--no-defaults',
    `--datadir=${place.files}`,
    `--tmpdir=${place.temporary}`,
    `--socket=${place.socket}`,
    `--pid-file=${path.join(place.files, 'mariadbd.pid')}`,
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    '--skip-name-resolve',
    '--log-warnings=1',
    '--local-infile=0',
    '--character-set-server=utf8mb4',
    '--collation-server=utf8mb4_unicode_ci',
    '--default-time-zone=+00:00',
    '--transaction-isolation=READ-COMMITTED',
    '--max-connections=200',
    '--max-allowed-packet=64M',
    '--innodb-buffer-pool-size=256M',
    '--innodb-log-file-size=64M',
    ...asCurrentUser(),
    ...options,
  ];
}

async function launch({ programs, place, secrets, options, signal }) {
  signal?.throwIfAborted();
  fs.writeFileSync(place.initialSql, accountsSql(secrets), { mode: 0o600 });
  fs.rmSync(place.socket, { force: true });
  const log = openLog(place.log);
  const logStart = fs.fstatSync(log).size;
  const child = spawn(programs.server, [...serverArguments({ place, port: secrets.port, options }), `--init-file=${place.initialSql}`], {
    detached: true,
    stdio: ['ignore', log, log],
  });
  fs.closeSync(log);
  const exited = new Promise((resolve) => {
    child.once('error', (error) => resolve({ error }));
    child.once('exit', (code, killedBy) => resolve({ code, signal: killedBy }));
  });
  const identity = child.pid === undefined ? undefined : writePid(place.run, 'mariadb', child.pid);
  try {
    await ready({ exited, port: secrets.port, signal, complaint: () => complaint(place.log, logStart) });
    if (!(await belongs(programs.client, secrets, place.files))) throw new Stop(`The private MariaDB does not accept its own account; see ${place.log}`);
  } catch (error) {
    if (identity) await end(identity, END_LIMIT);
    removePid(place.run, 'mariadb');
    throw error;
  } finally {
    fs.rmSync(place.initialSql, { force: true });
  }
  return { identity, exited };
}

// Run by the server before it accepts anybody; one statement a line, each of which may be repeated.
function accountsSql({ user, password }) {
  return [
    `CREATE USER IF NOT EXISTS '${user}'@'%' IDENTIFIED BY '${password}';`,
    `ALTER USER '${user}'@'%' IDENTIFIED BY '${password}';`,
    `GRANT ALL PRIVILEGES ON *.* TO '${user}'@'%' WITH GRANT OPTION;`,
    "DELETE FROM mysql.global_priv WHERE User = '';",
    'FLUSH PRIVILEGES;',
    `CREATE DATABASE IF NOT EXISTS ${DATABASE} CHARACTER SET utf8mb4;`,
    '',
  ].join('\n');
}

/** Waits until the server greets on its port; recovery after a crash comes before the greeting. */
async function ready({ exited, port, signal, complaint: complain }) {
  let outcome;
  const noteOutcome = async () => {
    outcome = await exited;
  };
  void noteOutcome();
  const limit = Date.now() + READY_LIMIT;
  while (!(await greets(port))) {
    signal?.throwIfAborted();
    if (outcome) throw new Stop(`The private MariaDB did not start: ${outcome.error?.message ?? complain()}`);
    if (Date.now() > limit) throw new Stop(`The private MariaDB was not ready after ${READY_LIMIT / 1000} s: ${complain()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

// The server speaks first: a packet whose fifth byte is the protocol version, 10.
function greets(port) {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port, timeout: 1_000 });
    const answer = (value) => {
      socket.destroy();
      resolve(value);
    };
    socket.once('data', (data) => answer(data[4] === 10));
    for (const event of ['error', 'timeout', 'end', 'close']) socket.once(event, () => answer(false));
  });
}

/** The error of this launch that says most, or the log's last line. */
function complaint(log, from) {
  const lines = fs.readFileSync(log, 'utf8').slice(from).trim().split('\n');
  const errors = lines.filter((line) => line.includes('[ERROR]')).map((line) => line.replace(/^.*\[ERROR\]\s*/, ''));
  return `${errors.find((line) => !/^(Aborting|Plugin|Unknown\/unsupported)/.test(line)) ?? lines.at(-1)} (log: ${log})`;
}

/** Resolves when a process that is not our child has ended. */
async function watch(identity) {
  while (isAlive(identity)) await new Promise((resolve) => setTimeout(resolve, 250));
  return { code: null, signal: null };
}

function handle(place, secrets, identity, exited, adopted) {
  const serverUrl = `mysql://${secrets.user}:${encodeURIComponent(secrets.password)}@127.0.0.1:${secrets.port}`;
  return {
    pid: identity.pid,
    port: secrets.port,
    serverUrl,
    url: `${serverUrl}/${DATABASE}`,
    socket: place.socket,
    adopted,
    exited,
    async stop() {
      await end(identity, END_LIMIT);
      await exited;
      removePid(place.run, 'mariadb');
    },
  };
}

module.exports = { startMariadb, endMariadb };
