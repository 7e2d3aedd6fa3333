'use strict';
// The programs of MariaDB: found where systems keep them, or installed where that is ours to do.
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { aptInstall, isProgram, mayInstall } = require('./apt');
const { Stop } = require('./project');

const PACKAGES = ['mariadb-server-core', 'mariadb-client-core'];
const MINIMUM = [10, 6];
// sbin is not on the PATH of an ordinary user on Debian.
const USUAL_PLACES = ['/usr/sbin', '/usr/bin', '/usr/local/sbin', '/usr/local/bin', '/usr/local/mysql/bin', '/opt/homebrew/bin', '/usr/libexec'];
const NAMES = {
  server: ['mariadbd', 'mysqld'],
  install: ['mariadb-install-db', 'mysql_install_db'],
  client: ['mariadb', 'mysql'],
};

const WAYS = `Provide a database in one of three ways:
  1. install MariaDB:  apt-get install ${PACKAGES.join(' ')}   (as root; or your system's MariaDB server and client, ${MINIMUM.join('.')} or later)
  2. use a server:     OMS_DATABASE_URL=mysql://user:password@host:3306/oms npm start   (MySQL 8.4 or MariaDB; the user may create accounts)
  3. use containers:   docker compose up`;

/**
 * The paths of MariaDB's `{server, install, client}`. On Debian and Ubuntu as root, missing ones are installed with apt-get. Throws a Stop that
 * names the three ways to provide a database when there is none.
 */
async function provideMariadb({ searchPath = process.env.PATH, announce = () => {}, signal } = {}) {
  const found = findMariadb(searchPath);
  if (found.programs) return found.programs;
  if (!mayInstall()) throw new Stop(`${found.reason}\n${WAYS}`);
  announce();
  const said = await aptInstall(PACKAGES, { signal });
  if (said !== undefined) throw new Stop(`apt-get could not install ${PACKAGES.join(' and ')}:\n${said}\n${WAYS}`);
  const installed = findMariadb(searchPath);
  if (installed.programs) return installed.programs;
  throw new Stop(`${installed.reason}\n${WAYS}`);
}

/** `{programs}` when all are there, else `{reason}`. */
function findMariadb(searchPath) {
  const places = [...(searchPath ?? '').split(path.delimiter).filter(Boolean), ...USUAL_PLACES];
  const programs = {};
  for (const [role, names] of Object.entries(NAMES)) {
    programs[role] = places.flatMap((place) => names.map((name) => path.join(place, name))).find(isProgram);
  }
  if (!programs.server) return { reason: 'No MariaDB server (mariadbd) is installed.' };
  const version = serverVersion(programs.server);
  if (!version) return { reason: `${programs.server} is not a MariaDB server that runs here.` };
  if (version[0] < MINIMUM[0] || (version[0] === MINIMUM[0] && version[1] < MINIMUM[1])) {
    return { reason: `${programs.server} is MariaDB ${version.join('.')}, which is too old (${MINIMUM.join('.')} or later).` };
  }
  if (!programs.install || !programs.client) return { reason: `MariaDB's ${programs.install ? 'client (mariadb)' : 'mariadb-install-db'} is not installed.` };
  return { programs };
}

// "mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu …"; Oracle's mysqld has no MariaDB in it.
function serverVersion(server) {
  const { stdout } = spawnSync(server, ['--no-defaults', '--version'], { encoding: 'utf8' });
  const version = /(\d+)\.(\d+)\.\d+-MariaDB/i.exec(stdout ?? '');
  return version ? [Number(version[1]), Number(version[2])] : undefined;
}

module.exports = { provideMariadb, findMariadb };
