package bank.model;

public final class Ledger implements AutoCloseable {
    static int open;

    static {
        open = 0;
    }

    public Ledger() { open++; }

    @Override public void close() { open--; }

    public static int count(Iterable<? extends Account> accounts) {
        int found = 0;
        outer:
        for (Account account : accounts) {
            do {
                if (account.name() == null) continue outer;
                found++;
            } while (found < 0);
        }
        return found;
    }

    int never(int x) {
        while (x > 0) { x -= 2; if (x == 7) break; }
        return x;
    }
}
