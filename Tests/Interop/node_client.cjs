'use strict';
// Drives Chat with Debian's node-ws. Arguments: port, id of an empty room. Prints one JSON line for each check.

const assert = require('node:assert/strict');
const WebSocket = require('ws');

const [port, room] = [process.argv[2], process.argv[3]];
const address = (path, clientId) =>
  `ws://127.0.0.1:${port}${path}${clientId === undefined ? '' : `?clientId=${encodeURIComponent(clientId)}`}`;
const within = (promise, what, limit = 4000) => {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`no ${what} within ${limit} ms`)), limit); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

/** A connection whose messages wait in a list until they are asked for. */
class Client {
  constructor(path, clientId, options = {}) {
    this.inbox = [];
    this.waiting = [];
    this.socket = new WebSocket(address(path, clientId), { perMessageDeflate: false, ...options });
    this.closed = new Promise((resolve) => this.socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })));
    this.socket.on('error', () => {});
    this.socket.on('message', (data, isBinary) => {
      const message = isBinary ? data : data.toString();
      const index = this.waiting.findIndex(({ fits }) => fits(message));
      if (index < 0) this.inbox.push(message);
      else this.waiting.splice(index, 1)[0].resolve(message);
    });
  }

  static async open(path, clientId, options) {
    const client = new Client(path, clientId, options);
    await within(new Promise((resolve, reject) => {
      client.socket.once('open', resolve);
      client.socket.once('error', reject);
    }), 'open');
    return client;
  }

  raw(fits = () => true) {
    const index = this.inbox.findIndex(fits);
    if (index >= 0) return Promise.resolve(this.inbox.splice(index, 1)[0]);
    return within(new Promise((resolve) => this.waiting.push({ fits, resolve })), 'message');
  }

  async next(type) {
    const fits = (text) => { try { return JSON.parse(text).type === type; } catch { return false; } };
    return JSON.parse(await this.raw(fits));
  }

  send(message) { this.socket.send(typeof message === 'string' ? message : JSON.stringify(message)); }

  async join(id = room) {
    this.send({ type: 'join_room', room_id: id });
    return this.next('room_joined');
  }

  async close(code, reason) {
    this.socket.close(code, reason);
    return within(this.closed, 'close');
  }
}

const checks = {
  async welcome() {
    const client = await Client.open('/chat', 'node-1');
    const welcome = await client.next('welcome');
    assert.equal(welcome.client_id, 'node-1');
    assert.match(welcome.connection_id, /^[0-9a-f-]{36}$/);
    await client.close();
  },

  async ack() {
    const client = await Client.open('/chat');
    client.send('plain text');
    assert.equal((await client.next('message_ack')).message, 'plain text');
    await client.close();
  },

  async 'unicode client id'() {
    const client = await Client.open('/chat', 'Zoë + 林 💬');
    assert.equal((await client.next('welcome')).client_id, 'Zoë + 林 💬');
    await client.close();
  },

  async 'room message'() {
    const [one, two] = [await Client.open('/chat', 'node-a'), await Client.open('/chat', 'node-b')];
    await one.join();
    await two.join();
    one.send({ type: 'room_message', room_id: room, message: { any: ['json', 1, null] } });
    for (const client of [one, two]) {
      const message = await client.next('room_message');
      assert.deepEqual(message.message, { any: ['json', 1, null] });
      assert.equal(message.from_client_id, 'node-a');
    }
    await Promise.all([one.close(), two.close()]);
  },

  async 'direct message'() {
    const [one, two, twin] = await Promise.all(['node-c', 'node-d', 'node-d'].map((id) => Client.open('/chat', id)));
    one.send({ type: 'direct_message', id: 'd', target_client_id: 'node-d', message: 'psst' });
    for (const client of [two, twin]) assert.equal((await client.next('direct_message')).message, 'psst');
    assert.equal((await one.next('message_ack')).id, 'd');
    await Promise.all([one, two, twin].map((client) => client.close()));
  },

  async fragments() {
    const client = await Client.open('/chat');
    client.socket.send('one ', { fin: false });
    client.socket.ping('between');
    client.socket.send('two ', { fin: false });
    client.socket.send('three', { fin: true });
    assert.equal((await client.next('message_ack')).message, 'one two three');
    await client.close();
  },

  async 'large message'() {
    const client = await Client.open('/echo');
    const data = Buffer.alloc(3 << 20, 'é');
    client.socket.send(data);
    assert.ok((await client.raw()).equals(data));
    await client.close();
  },

  async 'ping frame'() {
    const client = await Client.open('/chat');
    const pong = new Promise((resolve) => client.socket.once('pong', resolve));
    client.socket.ping('beat');
    assert.equal((await within(pong, 'pong')).toString(), 'beat');
    await client.close();
  },

  async 'json ping'() {
    const client = await Client.open('/chat');
    client.send({ type: 'ping', id: 'p' });
    assert.equal((await client.next('pong')).id, 'p');
    client.send({ type: 'pong' });
    assert.equal((await client.next('pong')).latency, 0);
    await client.close();
  },

  async blocked() {
    const client = await Client.open('/chat');
    client.send('this is spam');
    const notice = await client.next('message_blocked');
    assert.equal(notice.originalMessage, 'this is spam');
    assert.equal(notice.reason, 'Spam message blocked');
    await client.close();
  },

  async 'announced members'() {
    const [one, two] = [await Client.open('/chat', 'node-e'), await Client.open('/chat', 'node-f')];
    assert.ok((await one.join()).members.includes('node-e'));
    await two.join();
    assert.equal((await one.next('member_joined')).client_id, 'node-f');
    await two.close();
    assert.equal((await one.next('member_left')).client_id, 'node-f');
    await one.close();
  },

  async 'binary echo'() {
    const client = await Client.open('/echo');
    const data = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    client.socket.send(data);
    assert.ok((await client.raw()).equals(data));
    client.send('text stays text');
    assert.equal(await client.raw(), 'text stays text');
    await client.close();
  },

  async 'close code'() {
    const client = await Client.open('/chat');
    // RFC 6455 §5.5.1: the code is echoed; a reason need not be.
    assert.equal((await client.close(4001, 'tschüß')).code, 4001);
  },

  async 'server error codes'() {
    const client = await Client.open('/chat');
    client.send({ type: 'join_room', id: 'x', room_id: 'nowhere' });
    const error = await client.next('error');
    assert.equal(error.error_type, 'room_not_found');
    assert.equal(error.id, 'x');
    await client.close();
  },

  async 'refused path'() {
    await assert.rejects(Client.open('/nowhere'), /404/);
  },

  async 'many clients'() {
    const clients = await Promise.all(Array.from({ length: 50 }, (_, index) => Client.open('/chat', `node-many-${index}`)));
    await Promise.all(clients.map((client) => client.join()));
    clients[0].send({ type: 'room_message', room_id: room, message: 'to fifty' });
    const heard = await Promise.all(clients.map((client) => client.next('room_message')));
    assert.ok(heard.every(({ message }) => message === 'to fifty'));
    await Promise.all(clients.map((client) => client.close()));
  },

  async 'compression offer'() {
    for (const perMessageDeflate of [
      true, { threshold: 0 }, { serverNoContextTakeover: true, clientNoContextTakeover: true },
      { serverMaxWindowBits: 9, clientMaxWindowBits: 9, threshold: 0 }, { serverMaxWindowBits: 15 },
      { clientMaxWindowBits: true, zlibDeflateOptions: { level: 9 } },
    ]) {
      const client = await Client.open('/echo', undefined, { perMessageDeflate });
      assert.match(client.socket.extensions, /^permessage-deflate/);
      for (const text of ['', 'short', 'compressible '.repeat(200), 'é💬'.repeat(5000), 'compressible '.repeat(200)]) {
        client.send(text);
        assert.equal(await client.raw(), text);
      }
      await client.close();
    }
    // zlib can't deflate into a window of 8 bits: the offer is passed over, and messages arrive all the same.
    const plain = await Client.open('/echo', undefined, { perMessageDeflate: { serverMaxWindowBits: 8 } });
    assert.equal(plain.socket.extensions, '');
    plain.send('compressible '.repeat(200));
    assert.equal(await plain.raw(), 'compressible '.repeat(200));
    await plain.close();
  },

  async 'compressed room'() {
    const clients = await Promise.all([false, true, { serverMaxWindowBits: 9 }, { threshold: 0 }].map(
      (perMessageDeflate, index) => Client.open('/chat', `node-deflate-${index}`, { perMessageDeflate })));
    for (const client of clients) await client.join();
    for (let round = 1; round < 20; round += 1) {
      const message = `${round} times more `.repeat(round * 20);
      clients[round % 4].send({ type: 'room_message', room_id: room, message });
      for (const client of clients) assert.equal((await client.next('room_message')).message, message);
    }
    await Promise.all(clients.map((client) => client.close()));
  },
};

(async () => {
  for (const [check, run] of Object.entries(checks)) {
    let result;
    try {
      await run();
      result = { check, passed: true };
    } catch (error) {
      result = { check, passed: false, error: String(error.message ?? error) };
    }
    console.log(JSON.stringify(result));
  }
  // A check that failed may have left connections open.
  process.exit(0);
})();
