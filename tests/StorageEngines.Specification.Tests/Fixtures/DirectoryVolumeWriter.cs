using System.Text;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.Specification;

/// <summary>Writes to a tree volume that is a directory on this machine: a mounted file system, a subvolume, any directory.</summary>
/// <remarks>Safe for use by several threads as long as they work on different files.</remarks>
public sealed class DirectoryVolumeWriter : ITreeVolumeWriter
{
    private readonly BytePath _root;

    /// <summary>Makes a writer.</summary>
    /// <param name="root">The directory's absolute path.</param>
    /// <param name="acceptsAnyName">False where the file system wants names to be UTF-8. Default: true.</param>
    public DirectoryVolumeWriter(BytePath root, bool acceptsAnyName = true)
    {
        _root = root;
        AcceptsAnyName = acceptsAnyName;
    }

    /// <inheritdoc/>
    public bool AcceptsAnyName { get; }

    /// <inheritdoc/>
    public ValueTask WriteAsync(BytePath path, long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        => Run(cancellationToken, root =>
        {
            using SafeFileHandle file = root.TryGetStatus(path.Span, out _) ? root.OpenFileForWrite(path.Span) : root.CreateFile(path.Span);
            FileWriting.WriteAt(file, bytes.Span, offset);
        });

    /// <inheritdoc/>
    public ValueTask TruncateAsync(BytePath path, long length, CancellationToken cancellationToken)
        => Run(cancellationToken, root => root.Truncate(path.Span, length));

    /// <inheritdoc/>
    public ValueTask<bool> PunchHoleAsync(BytePath path, long offset, long length, CancellationToken cancellationToken)
    {
        bool done = false;
        Run(cancellationToken, root =>
        {
            using SafeFileHandle file = root.OpenFileForWrite(path.Span);
            done = FileWriting.PunchHole(file, offset, length);
        });
        return new(done);
    }

    /// <inheritdoc/>
    public ValueTask RenameAsync(BytePath from, BytePath to, CancellationToken cancellationToken)
        => Run(cancellationToken, root => root.Rename(from.Span, to.Span));

    /// <inheritdoc/>
    public ValueTask<bool> LinkAsync(BytePath existing, BytePath path, CancellationToken cancellationToken)
    {
        Run(cancellationToken, root => root.HardLink(existing.Span, path.Span));
        return new(true);
    }

    /// <inheritdoc/>
    public ValueTask<bool> SymbolicLinkAsync(BytePath path, ReadOnlyMemory<byte> target, CancellationToken cancellationToken)
    {
        Run(cancellationToken, root => root.MakeSymlink(path.Span, target.Span));
        return new(true);
    }

    /// <inheritdoc/>
    public ValueTask UnlinkAsync(BytePath path, CancellationToken cancellationToken)
        => Run(cancellationToken, root => root.Unlink(path.Span));

    /// <inheritdoc/>
    public ValueTask MakeDirectoryAsync(BytePath path, CancellationToken cancellationToken)
        => Run(cancellationToken, root => root.MakeDirectory(path.Span));

    /// <inheritdoc/>
    public ValueTask RemoveDirectoryAsync(BytePath path, CancellationToken cancellationToken)
        => Run(cancellationToken, root => root.RemoveDirectory(path.Span));

    /// <inheritdoc/>
    public ValueTask SetModeAsync(BytePath path, int mode, CancellationToken cancellationToken)
        => Run(cancellationToken, root => root.SetMode(path.Span, (uint)mode));

    /// <inheritdoc/>
    public ValueTask SetModifiedAtAsync(BytePath path, UnixTime time, CancellationToken cancellationToken)
        => Run(cancellationToken, root => root.SetTimes(path.Span, null, new PosixTime(time.Seconds, time.Nanoseconds)));

    /// <inheritdoc/>
    public ValueTask<bool> SetAttributeAsync(BytePath path, string attribute, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        bool done = true;
        Run(cancellationToken, root =>
        {
            try
            {
                root.SetXattr(path.Span, Encoding.UTF8.GetBytes(attribute), value.Span);
            }
            catch (PosixException e) when (e.Errno == Errno.EOPNOTSUPP)
            {
                done = false;
            }
        });
        return new(done);
    }

    /// <inheritdoc/>
    public ValueTask<byte[]> ReadAsync(BytePath path, CancellationToken cancellationToken)
    {
        byte[] bytes = [];
        Run(cancellationToken, root =>
        {
            using SafeFileHandle file = root.OpenFileForRead(path.Span);
            bytes = ReadAll(file);
        });
        return new(bytes);
    }

    internal static byte[] ReadAll(SafeFileHandle file)
    {
        var bytes = new byte[FileHandle.GetLength(file)];
        int done = 0;
        while (done < bytes.Length && FileHandle.ReadAt(file, bytes.AsSpan(done), done) is var read and > 0)
        {
            done += read;
        }

        return bytes[..done];
    }

    private ValueTask Run(CancellationToken cancellationToken, Action<BeneathRoot> action)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using BeneathRoot root = BeneathRoot.Open(_root.Span);
        action(root);
        return default;
    }
}
