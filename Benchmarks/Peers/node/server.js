// Node's http and Debian's node-ws beside ours. Usage: NODE_PATH=/usr/share/nodejs node server.js PORT
'use strict';

const http = require('http');
const { WebSocketServer } = require('ws');

const body = 'Hello, World!';
const server = http.createServer((request, response) => {
  const isPlain = request.url === '/plain';
  const content = isPlain ? body : '';
  response.writeHead(isPlain ? 200 : 404, {
    'Content-Type': 'text/plain',
    'Content-Length': content.length,
  });
  response.end(content);
});
server.keepAliveTimeout = 60000;

// No threshold: what is agreed to be compressed is compressed, as by the others, and without context.
const deflate = {
  threshold: 0,
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
};

function echo(perMessageDeflate) {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate });
  sockets.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  return sockets;
}

// Everybody is in it, and each message goes to all, the sender too.
function room(perMessageDeflate) {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate });
  sockets.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => {
      for (const member of sockets.clients) member.send(data, { binary: isBinary });
    });
  });
  return sockets;
}

const routes = new Map([
  ['/echo', echo(false)],
  ['/deflate', echo(deflate)],
  ['/room', room(false)],
  ['/room-deflate', room(deflate)],
]);
server.on('upgrade', (request, socket, head) => {
  const sockets = routes.get(request.url);
  if (!sockets) return socket.destroy();
  sockets.handleUpgrade(request, socket, head, (opened) => {
    sockets.emit('connection', opened, request);
  });
});
server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 });
