namespace StorageEngines.CephRbd.Images;

/// <summary>A group by where it is.</summary>
/// <param name="Pool">The pool's number.</param>
/// <param name="Namespace">The namespace, which is that of its images; empty for the default one.</param>
/// <param name="Name">Its name.</param>
internal sealed record GroupPlace(long Pool, string Namespace, string Name);
