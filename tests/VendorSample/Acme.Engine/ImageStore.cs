using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using StorageEngines;

namespace Acme;

/// <summary>Copies of image files, in <c>.acme/VOLUME</c> beside the image: <c>NUMBER~ID~NAME</c> each, its time being when it was cut.</summary>
internal sealed class ImageStore(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, string> _paths = new();
    private readonly SemaphoreSlim _gate = new(1, 1);

    public IEnumerable<VolumeInfo> Volumes => _paths.Values.Where(File.Exists).Select(Remember);

    public VolumeInfo Remember(string path)
    {
        string id = IdOf(path);
        _paths[id] = path;
        return new VolumeInfo(new VolumeRef("acme", id, path), VolumeKind.Block, BytePath.FromString(path), new FileInfo(path).Length);
    }

    public string PathOf(VolumeRef volume)
    {
        if (!_paths.TryGetValue(volume.Id, out string? path) || !File.Exists(path))
        {
            throw new VolumeNotFoundException(volume.ToString());
        }

        return IdOf(path) == volume.Id ? path : throw new VolumeNotFoundException(volume.ToString(), EngineReason.VolumeReplaced);
    }

    public IReadOnlyList<ImageCopy> List(VolumeRef volume)
    {
        string directory = DirectoryOf(volume);
        return Directory.Exists(directory)
            ? [.. Directory.GetFiles(directory).Where(file => !Path.GetFileName(file).StartsWith('.')).Order(StringComparer.Ordinal).Select(file => new ImageCopy(volume, file))]
            : [];
    }

    public ImageCopy Find(SnapshotRef snapshot)
        => List(snapshot.Volume).FirstOrDefault(copy => copy.Id == snapshot.Id) ?? throw new SnapshotNotFoundException(snapshot.Id, snapshot.Volume.ToString());

    public async Task<ImageCopy> CreateAsync(CreateSnapshotRequest request, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            string image = PathOf(request.Volume);
            IReadOnlyList<ImageCopy> existing = List(request.Volume);
            if (existing.FirstOrDefault(copy => copy.Name == request.Name) is { } same)
            {
                return same;
            }

            string directory = DirectoryOf(request.Volume);
            Directory.CreateDirectory(directory);
            var id = Guid.NewGuid();
            string temporary = Path.Combine(directory, $".{id:N}");
            await CopyAsync(image, temporary, cancellationToken);
            string final = Path.Combine(directory, $"{(existing.Count == 0 ? 1 : existing[^1].Number + 1):D10}~{id:N}~{request.Name}");
            await File.WriteAllLinesAsync(ImageCopy.LabelsOf(final), request.Labels.Select(label => $"{Uri.EscapeDataString(label.Key)}={Uri.EscapeDataString(label.Value)}"), CancellationToken.None);
            File.Move(temporary, final);
            return new ImageCopy(request.Volume, final);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task CopyAsync(string image, string temporary, CancellationToken cancellationToken)
    {
        try
        {
            await using FileStream from = new(image, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            await using FileStream to = new(temporary, FileMode.CreateNew);
            await from.CopyToAsync(to, cancellationToken);
            to.Flush(flushToDisk: true);
            File.SetLastWriteTimeUtc(to.SafeFileHandle, time.GetUtcNow().UtcDateTime);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private string DirectoryOf(VolumeRef volume) => Path.Combine(Path.GetDirectoryName(PathOf(volume))!, ".acme", volume.Id);

    // The time of birth tells a file from a later one at the same path.
    private static string IdOf(string path)
        => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{path}\0{File.GetCreationTimeUtc(path).Ticks}")).AsSpan(0, 16));
}
