package bank.model;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

public abstract class Account {
    public enum Kind { CURRENT, SAVINGS { @Override int bonus() { return 5; } }; int bonus() { return 0; } }

    private final List<Integer> moves = new ArrayList<>();
    protected final Kind kind;

    protected Account(Kind kind) { this.kind = kind; }

    public abstract String name();

    public synchronized int move(int amount) {
        if (amount == 0 || amount < -1000 && kind != Kind.CURRENT) {
            throw new IllegalArgumentException("amount " + amount);
        }
        moves.add(amount); moves.add(kind.bonus());
        return balance(move -> move != 0);
    }

    public int balance(IntPredicate counted) {
        int sum = 0;
        for (int move : moves) sum += counted.test(move) ? move : 0;
        return sum;
    }

    public String rate(String level) {
        switch (level) {
            case "gold": return "high";
            case "silver":
            case "bronze":
                return kind == Kind.SAVINGS ? "middle" : "low";
            default: return null;
        }
    }

    interface Described {
        default String describe() { return "account"; }
    }

    public static class Simple extends Account implements Described {
        public Simple() { super(Kind.CURRENT); }
        @Override public String name() { return describe(); }
    }
}
