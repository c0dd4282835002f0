// SPDX-License-Identifier: Apache-2.0
// main(), nothing else.

int main() { return 0; }
