using StorageEngines.Posix;

namespace StorageEngines.Cli.Demo;

/// <summary>What is in a directory, found by a walk that reads no file. Directories that may not be read are left to the snapshot to complain about.</summary>
internal sealed class TreeSurvey
{
    private const int OwnerMayWrite = 0x80;

    /// <summary>Regular files that their owner may write to, by their paths below the root.</summary>
    internal List<BytePath> WritableFiles { get; } = [];

    /// <summary>Entries of all types, without the root.</summary>
    internal long Entries { get; private set; }

    /// <summary>Sum of the regular files' sizes.</summary>
    internal long Bytes { get; private set; }

    internal static TreeSurvey Of(BytePath root, CancellationToken cancellationToken)
    {
        var survey = new TreeSurvey();
        using DirectoryHandle directory = DirectoryHandle.Open(root.Span);
        survey.Walk(directory, default, cancellationToken);
        return survey;
    }

    private void Walk(DirectoryHandle directory, BytePath path, CancellationToken cancellationToken)
    {
        foreach (byte[] name in TreeNames.Sorted(directory))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!FileStatus.TryGetAt(directory, name, out FileStatus status))
            {
                continue;
            }

            Entries++;
            BytePath child = path.Append(new BytePath(name));
            if (status.IsDirectory)
            {
                Descend(directory, name, child, cancellationToken);
            }
            else if (status.IsRegular)
            {
                Bytes += status.Size;
                if ((status.Mode & OwnerMayWrite) != 0)
                {
                    WritableFiles.Add(child);
                }
            }
        }
    }

    private void Descend(DirectoryHandle parent, byte[] name, BytePath path, CancellationToken cancellationToken)
    {
        DirectoryHandle child;
        try
        {
            child = parent.OpenChild(name);
        }
        catch (PosixException error) when (error.Errno is Errno.EACCES or Errno.ENOENT)
        {
            return;
        }

        using (child)
        {
            Walk(child, path, cancellationToken);
        }
    }
}
