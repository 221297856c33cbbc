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
    /// <exception cref="StorageEngineException">The directory above is not there, or something was left by a run that was cut short.</exception>
    internal static StagedDirectory Open(BytePath target, string operation)
    {
        BytePath trimmed = new(target.Bytes[..target.Span.TrimEnd((byte)'/').Length]);
        StagedDirectory? staged = null;
        try
        {
            staged = new StagedDirectory(trimmed, operation);
            staged.RefuseLeftover();
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
    internal void Publish(BeneathRoot tree)
    {
        Do(() =>
        {
            tree.SyncAll();
            // A rename over a directory works only if that one is empty, which is what a new tree may replace.
            _above.Rename(_aside, _name.Span, _ours ? RenameMode.Replace : RenameMode.NoReplace);
            _ours = false;
            _parent.Sync();
            return true;
        });
    }

    /// <summary>Gives an existing tree that was not changed its name back.</summary>
    internal void PutBack() => _above.Rename(_aside, _name.Span, RenameMode.NoReplace);

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

    private void RefuseLeftover()
    {
        if (FileStatus.TryGetAt(_parent, _aside, out _))
        {
            throw new StorageEngineException(
                EngineStatus.FailedPrecondition, EngineReason.Locked, Recovery.OperatorAction,
                $"Cannot {Operation} '{_target}': '{AsidePath}' is there. Another run is at work, or one was cut short: then remove it, and restore the base again if it was a differential.");
        }
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
