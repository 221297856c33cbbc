namespace StorageEngines.Portable.Trees;

/// <summary>Proves that a directory is the base of a differential, and writes down what it holds afterwards.</summary>
/// <param name="target">The directory.</param>
/// <param name="stateDirectory">Where receipts are; null for the user's own.</param>
/// <param name="skipCheck">Whether the caller knows better.</param>
internal sealed class TreeBase(BytePath target, string? stateDirectory, bool skipCheck)
{
    private string _fingerprint = "";

    /// <summary>Device nodes are missing in the tree, or could not be made now; to be set by who finds that out.</summary>
    internal bool NodesLeftOut { get; set; }

    /// <summary>All receipts.</summary>
    internal TargetReceipts Receipts { get; } = new(stateDirectory);

    /// <summary>Refuses a target that is not known to hold the base unchanged.</summary>
    /// <exception cref="BaseMismatchException">It holds something else, has been changed, or nothing is known of it.</exception>
    internal void Require(Guid parent, CancellationToken cancellationToken)
    {
        if (skipCheck)
        {
            return;
        }

        TargetReceipt? receipt = Receipts.Get(target);
        NodesLeftOut = receipt is { NodesLeftOut: true };
        _fingerprint = receipt is null || receipt.Snapshot != parent ? "" : TreeWalk.Fingerprint(target, cancellationToken);
        string? fault = receipt switch
        {
            null => "nothing is known of what it holds",
            _ when receipt.Snapshot != parent => $"it holds snapshot {receipt.Snapshot}",
            _ when receipt.Fingerprint == _fingerprint => null, // also if a differential was announced and cut short before the first write
            { Applying: not null } => "an earlier differential was cut short on it",
            _ => "it has been changed since it was restored",
        };
        if (fault is not null)
        {
            throw new BaseMismatchException(
                parent.ToString(), receipt?.Snapshot.ToString(),
                $"'{target}' is not the base of this differential, snapshot {parent}: {fault}. Restore the base to a new directory and apply it there, or skip this check if you know better.");
        }
    }

    /// <summary>Notes that the target is being changed, so that it is no base for anything until that is done.</summary>
    internal void Begin(Guid parent, Guid snapshot) => Receipts.Put(target, new TargetReceipt(parent, target, _fingerprint) { Applying = snapshot, NodesLeftOut = NodesLeftOut });

    /// <summary>
    /// Makes the tree durable and notes what it holds, while it is whole and still stands aside; then the name that it gets next tells the truth from its first moment.
    /// </summary>
    /// <param name="aside">Where it stands.</param>
    /// <param name="snapshot">What it holds, or null if that has no identity.</param>
    /// <param name="sync">Makes it durable; all names are looked at meanwhile.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal void Complete(BytePath aside, Guid? snapshot, Action sync, CancellationToken cancellationToken)
    {
        if (snapshot is not { } now)
        {
            sync();
            return;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        CancellationToken stopped = stop.Token;
        Task<string> fingerprint = Task.Run(() => TreeWalk.Fingerprint(aside, stopped), CancellationToken.None);
        try
        {
            sync();
        }
        catch
        {
            // The tree is removed next: nobody may be in it any more.
            stop.Cancel();
            ((Task)fingerprint).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
            throw;
        }

        Receipts.Put(aside, new TargetReceipt(now, target, fingerprint.GetAwaiter().GetResult()) { NodesLeftOut = NodesLeftOut });
    }

    /// <summary>Takes the note back, because the tree will be removed.</summary>
    internal void Forget(BytePath aside) => Receipts.Remove(aside);
}
