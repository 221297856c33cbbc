namespace StorageEngines.Portable.Trees;

/// <summary>Proves that a directory is the base of a differential, and writes down what it holds afterwards.</summary>
internal sealed class TreeBase(BytePath target, ApplyOptions options)
{
    private readonly TargetReceipts _receipts = new(options.StateDirectory);

    /// <summary>Refuses a target that is not known to hold the base unchanged.</summary>
    /// <exception cref="BaseMismatchException">It holds something else, has been changed, or nothing is known of it.</exception>
    internal void Require(Guid parent, CancellationToken cancellationToken)
    {
        if (options.SkipBaseCheck)
        {
            return;
        }

        TargetReceipt? receipt = _receipts.Get(target);
        string? fault = receipt switch
        {
            null => "nothing is known of what it holds",
            { Applying: not null } => "an earlier differential was cut short on it",
            _ when receipt.Snapshot != parent => $"it holds snapshot {receipt.Snapshot}",
            _ when receipt.Fingerprint != TreeWalk.Fingerprint(target, cancellationToken) => "it has been changed since it was restored",
            _ => null,
        };
        if (fault is not null)
        {
            throw new BaseMismatchException(
                parent.ToString(), receipt?.Snapshot.ToString(),
                $"'{target}' is not the base of this differential, snapshot {parent}: {fault}. Restore the base to a new directory and apply it there, or skip this check if you know better.");
        }
    }

    /// <summary>Notes that the target is being changed, so that it is no base for anything until that is done.</summary>
    internal void Begin(Guid parent, Guid snapshot) => _receipts.Put(target, new TargetReceipt(parent, target, "") { Applying = snapshot });

    /// <summary>Notes what the target holds.</summary>
    internal void Complete(Guid snapshot, CancellationToken cancellationToken)
        => _receipts.Put(target, new TargetReceipt(snapshot, target, TreeWalk.Fingerprint(target, cancellationToken)));
}
