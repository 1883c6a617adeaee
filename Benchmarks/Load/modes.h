#pragma once

// What the program can do. Each opens its connections, runs them, and measures.

void echo_run(void);
void fanout_run(void);
void idle_run(void);
void http_run(void);
