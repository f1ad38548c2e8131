// Package oci verifies who signed a container image and who built it: cosign's signatures
// and attestations in tags beside the image (sha256-DIGEST.sig and .att), and Sigstore
// bundles that refer to it (OCI distribution 1.1, referrers).
//
// The question: is this digest what its publisher signed? The threats: a registry or a
// stolen push token that serves another image under the name (F09). The controls: C044,
// C046. It trusts the key and the Sigstore root that its caller gives; of the registry
// nothing: an image is named by its digest, and every signature names the digest too. When
// the registry does not answer, or has nothing, the check is Unknown.
package oci
