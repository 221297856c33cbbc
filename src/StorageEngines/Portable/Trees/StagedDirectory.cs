using StorageEngines.Posix;

namespace StorageEngines.Portable.Trees;

/// <summary>
/// Keeps a tree that is being written away from its final name: it stands under <c>NAME.seng-applying</c> in the same directory until it is whole.
/// </summary>
internal sealed class StagedDirectory : IDisposable
{
    private readonly BytePath _target;
    private readonly BytePath _name;
    private readonly byte[] _aside;
    private readonly DirectoryHandle _parent;
    private readonly BeneathRoot _above;
    private bool _ours;

    private StagedDirectory(BytePath target, string operation)
    {
        Operation = operation;
        _target = target;
        _name = LocalPath.Name(target);
        _aside = LocalPath.WithSuffix(_name, ".seng-applying"u8);
        _parent = LocalPath.OpenParent(target);
        _above = BeneathRoot.Open(TreeWalk.SelfPath(_parent));
        AsidePath = target.Parent.IsRoot && !target.IsAbsolute ? new BytePath(_aside) : Sibling(target, _aside);
    }

    /// <summary>Where the tree stands meanwhile.</summary>
    internal BytePath AsidePath { get; }

    /// <summary>What is being done, for messages.</summary>
    internal string Operation { get; }

    /// <summary>Opens the place; nothing is changed yet.</summary>
    /// <param name="target">Where the tree is or will be.</param>
    /// <param name="operation">What is being done, for messages.</param>
    /// <param name="receipts">Tells what a tree is that was left aside.</param>
    /// <exception cref="StorageEngineException">The directory above is not there, or something was left by a run that was cut short.</exception>
    internal static StagedDirectory Open(BytePath target, string operation, TargetReceipts receipts)
    {
        BytePath trimmed = new(target.Bytes[..target.Span.TrimEnd((byte)'/').Length]);
        StagedDirectory? staged = null;
        try
        {
            staged = new StagedDirectory(trimmed, operation);
            staged.RefuseLeftover(receipts);
            return staged;
        }
        catch (PosixException e)
        {
            staged?.Dispose();
            throw PortableErrors.From(e, operation, target.ToString());
        }
        catch
        {
            staged?.Dispose();
            throw;
        }
    }

    /// <summary>Takes an existing tree aside.</summary>
    /// <exception cref="StorageEngineException">It is not a directory, or cannot be renamed.</exception>
    internal BeneathRoot TakeAside()
    {
        return Do(() =>
        {
            RequireDirectory(FileStatus.GetAt(_parent, _name.Span));
            _above.Rename(_name.Span, _aside, RenameMode.NoReplace);
            return BeneathRoot.Open(TreeWalk.SelfPath(_parent).Concat("/"u8.ToArray()).Concat(_aside).ToArray());
        });
    }

    /// <summary>Whether there may be too little room for so many bytes, where that can be known.</summary>
    internal bool MayBeShort(long bytes) => Do(() => FreeSpace.IsShort(_parent, bytes));

    /// <summary>Refuses what cannot fit, before anything is written.</summary>
    /// <exception cref="StorageEngineException">It does not.</exception>
    internal void RequireSpace(long bytes)
    {
        Do(() =>
        {
            FreeSpace.Require(_parent, bytes, Operation, _target);
            return true;
        });
    }

    /// <summary>Starts a new tree.</summary>
    /// <exception cref="StorageEngineException">The target is there and is not an empty directory.</exception>
    internal BeneathRoot Create()
    {
        return Do(() =>
        {
            RequireFree();
            _above.MakeDirectory(_aside);
            _ours = true;
            return BeneathRoot.Open(TreeWalk.SelfPath(_parent).Concat("/"u8.ToArray()).Concat(_aside).ToArray());
        });
    }

    /// <summary>Refuses a target that is there and is not an empty directory.</summary>
    internal void RequireFree()
    {
        if (!FileStatus.TryGetAt(_parent, _name.Span, out FileStatus status))
        {
            return;
        }

        RequireDirectory(status);
        using DirectoryHandle existing = _parent.OpenChild(_name.Span);
        if (!TreeWalk.IsEmpty(existing))
        {
            throw new StorageEngineException(
                EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest,
                $"Cannot {Operation} '{_target}': it is there and not empty; a whole snapshot goes to a new or empty directory only.");
        }
    }

    /// <summary>Makes everything durable and gives the tree its final name.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="proof">Writes down what it holds while it still stands aside.</param>
    /// <param name="snapshot">What it holds, or null if that has no identity.</param>
    /// <param name="cancellationToken">Gives up; a new tree is removed.</param>
    internal void Publish(BeneathRoot tree, TreeBase proof, Guid? snapshot, CancellationToken cancellationToken)
    {
        Do(() =>
        {
            proof.Complete(AsidePath, snapshot, tree.SyncAll, cancellationToken);
            try
            {
                // A rename over a directory works only if that one is empty, which is what a new tree may replace.
                _above.Rename(_aside, _name.Span, _ours ? RenameMode.Replace : RenameMode.NoReplace);
            }
            catch (PosixException) when (_ours)
            {
                proof.Forget(AsidePath);
                throw;
            }

            _ours = false;
            _parent.Sync();
            return true;
        });
    }

    /// <summary>Removes a new tree that did not become whole.</summary>
    public void Dispose()
    {
        try
        {
            if (_ours)
            {
                TreeWalk.Delete(_parent, _aside);
            }
        }
        catch (PosixException e)
        {
            throw new StorageEngineException(
                EngineStatus.Unknown, EngineReason.None, Recovery.OperatorAction,
                $"Cannot remove the partial tree '{AsidePath}': {e.Message}; remove it by hand.", e);
        }
        finally
        {
            _above?.Dispose();
            _parent?.Dispose();
        }
    }

    private static BytePath Sibling(BytePath target, byte[] name)
        => target.Parent.IsRoot ? new BytePath((byte[])[(byte)'/', .. name]) : target.Parent.Append(new BytePath(name));

    private void RefuseLeftover(TargetReceipts receipts)
    {
        if (!FileStatus.TryGetAt(_parent, _aside, out _))
        {
            return;
        }

        string what = receipts.Get(AsidePath) switch
        {
            { Applying: { } snapshot } => $"a differential to snapshot {snapshot} was being applied to the tree; remove it and restore the base again",
            { } whole => $"the tree holds snapshot {whole.Snapshot} whole and lacks only its name; rename it to '{_name}'",
            null => "a new tree was being written there and is not whole; remove it and try again",
        };
        throw new StorageEngineException(
            EngineStatus.FailedPrecondition, EngineReason.Locked, Recovery.OperatorAction,
            $"Cannot {Operation} '{_target}': '{AsidePath}' is there. Unless another run is at work just now: {what}.");
    }

    private void RequireDirectory(in FileStatus status)
    {
        if (!status.IsDirectory)
        {
            throw new StorageEngineException(
                EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest,
                $"Cannot {Operation} '{_target}': it is not a directory but {status.Type}{(status.IsSymlink ? "; give the path of the directory itself" : "")}.");
        }
    }

    private T Do<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (PosixException e)
        {
            throw PortableErrors.From(e, Operation, _target.ToString());
        }
    }
}
