using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.Cli.Demo;

/// <summary>Makes the demo's changes: in at most 1 % of the files, but a few at least, the same ones each time.</summary>
internal sealed class TreeEditor : IDisposable
{
    private const int Seed = 20_261_121;
    private const int LeastEdits = 6;
    private const int MostBytes = 4096;
    private readonly BeneathRoot _root;
    private readonly Random _random = new(Seed);

    internal TreeEditor(BytePath root) => _root = BeneathRoot.Open(root.Span);

    /// <summary>Files of which bytes were overwritten.</summary>
    internal int Overwritten { get; private set; }

    /// <summary>Files that grew.</summary>
    internal int Appended { get; private set; }

    /// <summary>Files that were renamed.</summary>
    internal int Renamed { get; private set; }

    /// <summary>Files that were deleted.</summary>
    internal int Deleted { get; private set; }

    /// <summary>Files that were added.</summary>
    internal int Added { get; private set; }

    internal void Edit(List<BytePath> files, CancellationToken cancellationToken)
    {
        int edits = Math.Min(files.Count, Math.Max(LeastEdits, files.Count / 100));
        Span<BytePath> chosen = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(files);
        for (int i = 0; i < edits; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int other = _random.Next(i, chosen.Length);
            (chosen[i], chosen[other]) = (chosen[other], chosen[i]);
            EditOne(chosen[i], i);
        }

        Add(BytePath.FromString("storage-engines-demo-added.txt"));
    }

    /// <inheritdoc/>
    public void Dispose() => _root.Dispose();

    private void EditOne(BytePath path, int number)
    {
        try
        {
            switch (number % 20)
            {
                case 1 or 7 or 13:
                    Append(path);
                    break;
                case 3:
                    _root.Rename(path.Span, [.. path.Span, .. ".renamed"u8], RenameMode.NoReplace);
                    Renamed++;
                    break;
                case 4:
                    Deleted += _root.Unlink(path.Span) ? 1 : 0;
                    break;
                default:
                    Overwrite(path);
                    break;
            }
        }
        catch (PosixException error) when (error.Errno is Errno.EACCES or Errno.EPERM or Errno.EEXIST or Errno.ENAMETOOLONG)
        {
            // A file that cannot be changed in this way is left as it is; the demo has others.
        }
    }

    private void Overwrite(BytePath path)
    {
        using SafeFileHandle file = _root.OpenFileForWrite(path.Span);
        long length = FileHandle.GetLength(file);
        if (length == 0)
        {
            return;
        }

        long offset = _random.NextInt64(length);
        var bytes = new byte[Math.Min(length - offset, _random.Next(1, MostBytes))];
        _random.NextBytes(bytes);
        FileWriting.WriteAt(file, bytes, offset);
        Overwritten++;
    }

    private void Append(BytePath path)
    {
        using SafeFileHandle file = _root.OpenFileForWrite(path.Span);
        var bytes = new byte[_random.Next(1, MostBytes)];
        _random.NextBytes(bytes);
        FileWriting.WriteAt(file, bytes, FileHandle.GetLength(file));
        Appended++;
    }

    private void Add(BytePath path)
    {
        try
        {
            using SafeFileHandle file = _root.CreateFile(path.Span);
            FileWriting.WriteAt(file, "A file that the demo added.\n"u8, 0);
            Added++;
        }
        catch (PosixException error) when (error.Errno == Errno.EEXIST)
        {
            // Named like this in the user's directory already: another name cannot collide.
            Add(new BytePath((byte[])[.. path.Span, .. System.Text.Encoding.ASCII.GetBytes(RandomNumberGenerator.GetHexString(8))]));
        }
    }
}
