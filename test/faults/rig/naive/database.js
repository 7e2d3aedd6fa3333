'use strict';
// A server that ends when its database goes away.
const mysql = require('mysql2/promise');

const { createPool } = mysql;
mysql.createPool = (options) => {
  const pool = createPool(options);
  pool.pool.on('connection', (connection) => connection.on('error', () => process.exit(1)));
  return pool;
};
