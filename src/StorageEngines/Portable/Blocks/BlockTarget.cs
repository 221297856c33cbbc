using StorageEngines.Posix;

namespace StorageEngines;

/// <summary>The path of an image file or block device, with its directory open. All changes of names happen here.</summary>
internal sealed class BlockTarget : IDisposable
{
    private static readonly byte[] ApplyingSuffix = ".seng-applying"u8.ToArray();

    private readonly DirectoryHandle _directory;
    private readonly BytePath _name;
    private readonly byte[] _applying;

    /// <summary>Looks at a path.</summary>
    /// <exception cref="StorageEngineException">It is neither absent, nor a regular file, nor a block device.</exception>
    /// <exception cref="PosixException">Its directory cannot be opened.</exception>
    internal BlockTarget(BytePath path)
    {
        Path = path;
        _name = LocalPath.Name(path);
        _applying = LocalPath.WithSuffix(_name, ApplyingSuffix);
        _directory = LocalPath.OpenParent(path);
        try
        {
            Kind = Look(path, _name);
        }
        catch
        {
            _directory.Dispose();
            throw;
        }
    }

    internal BytePath Path { get; }

    internal BlockTargetKind Kind { get; }

    /// <summary>Where the file is while it is being written.</summary>
    internal BytePath ApplyingPath => new((byte[])[.. Path.Span.TrimEnd((byte)'/'), .. ApplyingSuffix]);

    /// <summary>Whether a file is there whose writing was cut short.</summary>
    internal bool HasUnfinished() => FileStatus.TryGetAt(_directory, _applying, out FileStatus status) && status.IsRegular;

    /// <summary>Refuses a file beside which another one lies that was being written.</summary>
    /// <exception cref="StorageEngineException">There is one.</exception>
    internal void RefuseStray()
    {
        if (Kind == BlockTargetKind.File && HasUnfinished())
        {
            throw new StorageEngineException(
                EngineStatus.FailedPrecondition, EngineReason.Locked, Recovery.OperatorAction,
                $"Cannot apply to '{Path}': '{ApplyingPath}' lies beside it, left by an apply that was cut short. Move or remove one of them first.");
        }
    }

    /// <summary>A file that appears under the path's name when it is published. Its mode is 0600 if not another one is given.</summary>
    internal AtomicFile CreateNew(uint mode = 0x180) => AtomicFile.Create(_directory, _name.Span, mode);

    /// <summary>A file without a name, next to the path.</summary>
    internal AtomicFile CreateSpool() => AtomicFile.Create(_directory, ".seng-spool"u8);

    /// <summary>Takes the name away from a file that is about to be written.</summary>
    internal void Hide() => Rename(_name.Span, _applying);

    /// <summary>Gives the name back to a file that is whole.</summary>
    internal void Show() => Rename(_applying, _name.Span);

    public void Dispose() => _directory.Dispose();

    private void Rename(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        if (Libc.Rename(_directory, (byte[])[.. from, 0], _directory, (byte[])[.. to, 0], (uint)RenameMode.NoReplace) != 0)
        {
            throw PosixException.Last("renameat2", to);
        }

        _directory.Sync();
    }

    private BlockTargetKind Look(BytePath path, BytePath name)
    {
        if (!FileStatus.TryGetAt(_directory, name.Span, out FileStatus status))
        {
            return BlockTargetKind.Absent;
        }

        FileType followed = status.IsSymlink ? FileStatus.GetPath(path.Span).Type : status.Type;
        return followed switch
        {
            FileType.BlockDevice => BlockTargetKind.Device,
            FileType.Regular when !status.IsSymlink => BlockTargetKind.File,
            _ => throw new StorageEngineException(
                EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest,
                $"'{path}' is a {(status.IsSymlink ? "symbolic link" : followed.ToString())}; give the path of an image file itself or of a block device."),
        };
    }
}
