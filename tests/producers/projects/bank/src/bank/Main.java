package bank;

import bank.model.Account;
import bank.model.Ledger;
import java.util.List;

public class Main {
    public static void main(String[] args) throws Exception {
        Account account = new Account.Simple();
        Account savings = new Account(Account.Kind.SAVINGS) { @Override public String name() { return null; } };
        account.move(10); savings.move(-5);
        try {
            account.move(0);
        } catch (IllegalArgumentException expected) {
            System.out.println(expected.getMessage());
        } finally {
            account.rate("gold");
        }
        try (Ledger ledger = new Ledger()) {
            if (Ledger.count(List.of(account, savings)) != 1 || args.length > 3) System.exit(1);
        }
        Runnable last = args.length == 0 ? () -> account.rate("silver") : null;
        if (last != null) last.run();
    }

    static class Unused { int x = 3; int twice() { return x * 2; } }
}
